"""The YOLOX network: built, filled with weights, given its optimizer."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from warnings import catch_warnings, filterwarnings

import torch
from loguru import logger
from safetensors.torch import load_file
from torch import Tensor, nn
from yolox.config import YoloxConfig as LibraryConfig
from yolox.utils import load_checkpoint

from pictograph_server.engines.errors import EngineUnavailable
from pictograph_server.engines.trainers.yolox.config import Size


def build_network(model_type: Size, classes: int, seed: int) -> nn.Module:
    """Return a fresh network with weights drawn from the seed."""
    torch.manual_seed(seed)
    config = LibraryConfig.get_named_config(model_type)
    assert config is not None, model_type  # `Size` lists the library's names
    config.num_classes = classes
    network: nn.Module = config.get_model()
    return network


def read_weights(path: Path) -> Mapping[str, Tensor]:
    """Return the weights of a published YOLOX `.pth` or of an earlier `model.safetensors`.

    Raises:
        EngineUnavailable: the file cannot be read.
    """
    try:
        # Both readers hold plain tensors only; neither runs code from the file.
        return load_file(path) if path.suffix == ".safetensors" else load_checkpoint(path)["model"]
    except Exception as error:  # the readers document no common base
        raise EngineUnavailable(
            f"The weights {path.name!r} cannot be read",
            why=str(error).splitlines()[0],
            fix="Give a YOLOX .pth with a `model` entry, or a model.safetensors",
        ) from error


def make_optimizer(network: nn.Module) -> torch.optim.SGD:
    """Return SGD with Nesterov momentum; weights of convolutions decay, scales and biases do not."""
    decaying = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    groups = [{"params": decaying, "weight_decay": 5e-4}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.SGD(groups, lr=0.0, momentum=0.9, nesterov=True)


@contextmanager
def quiet() -> Generator[None]:
    """Keep the library's log lines and its outdated AMP calls out of the engine's output."""
    logger.disable("yolox")
    with catch_warnings():
        filterwarnings("ignore", message=r".*torch\.cuda\.amp.*")
        filterwarnings("ignore", message=r".*CUDA is not available.*")
        yield
    logger.enable("yolox")
