"""The YOLOX network: built, filled with weights, averaged while it learns."""

import math
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from warnings import catch_warnings, filterwarnings

import torch
from loguru import logger
from safetensors.torch import load_file
from torch import Tensor, nn
from yolox.config import YoloxConfig as LibraryConfig
from yolox.utils import load_checkpoint

from pictograph_server.engines.errors import EngineUnavailable
from pictograph_server.engines.trainers.yolox.config import Plan


def build_network(plan: Plan, classes: int) -> nn.Module:
    """Return a fresh network with weights drawn from the plan's seed."""
    torch.manual_seed(plan.seed)
    config = LibraryConfig.get_named_config(plan.model_type)
    assert config is not None, plan.model_type  # `Size` lists the library's names
    config.num_classes = classes
    network: nn.Module = config.get_model()
    return network


def load_weights(network: nn.Module, path: Path) -> str:
    """Fill a network from a file; layers of another shape (a head for other classes) stay as they are.

    Returns:
        What was taken, in words.
    Raises:
        EngineUnavailable: the file is missing, is no checkpoint, or fits nowhere.
    """
    saved = _read_weights(path)
    own = network.state_dict()
    fitting = {name: value for name, value in saved.items() if name in own and own[name].shape == value.shape}
    if not fitting:
        raise EngineUnavailable(
            f"The weights {path.name!r} fit nowhere in this network",
            why="they belong to another architecture or size",
            fix="Choose the `model_type` they were made for",
        )
    network.load_state_dict(fitting, strict=False)
    return f"Started from {path.name}: {len(fitting)} of {len(own)} layers fit."


def _read_weights(path: Path) -> Mapping[str, Tensor]:
    if not path.is_file():
        raise EngineUnavailable(
            f"There are no weights at {path.name!r}",
            why="no such file on the machine that trains",
            fix="Check `weights`",
        )
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


class Average:
    """A moving average of the network over its last steps: what is measured and kept.

    The window is a twentieth of the run (at most 5,000 steps), so that a short run is not held back by its start.
    """

    def __init__(self, network: nn.Module, steps: int) -> None:
        self.network = deepcopy(network).eval().requires_grad_(False)
        self.updates = 0
        self._most = 1 - 1 / min(max(steps / 20, 2), 5000)

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        self.updates += 1
        keep = min(self._most, (1 + self.updates) / (10 + self.updates))
        fresh = network.state_dict()
        pairs = [(value, fresh[name]) for name, value in self.network.state_dict().items()]
        floats = [(own, new) for own, new in pairs if own.is_floating_point()]
        torch._foreach_lerp_([own for own, _ in floats], [new for _, new in floats], 1 - keep)  # pyright: ignore[reportPrivateUsage, reportPrivateImportUsage]
        for own, new in pairs:
            if not own.is_floating_point():
                own.copy_(new)


def learning_rate(peak: float, progress: float) -> float:
    """Return the rate at a point of the run (0-1): quadratic warm-up, cosine down to a twentieth, flat at the end."""
    warm_up, flat = 0.05, 0.85
    if progress < warm_up:
        return peak * (progress / warm_up) ** 2
    lowest = peak * 0.05
    along = min((progress - warm_up) / (flat - warm_up), 1.0)
    return lowest + (peak - lowest) * 0.5 * (1 + math.cos(math.pi * along))


@contextmanager
def quiet() -> Generator[None]:
    """Keep the library's log lines and its outdated AMP calls out of the engine's output."""
    logger.disable("yolox")
    with catch_warnings():
        filterwarnings("ignore", message=r".*torch\.cuda\.amp.*")
        filterwarnings("ignore", message=r".*CUDA is not available.*")
        yield
    logger.enable("yolox")
