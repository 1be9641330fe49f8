"""Loading a published network: quietly, whole or not at all, and told in words when it cannot be."""

from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pictograph_server.engines.annotators.checkpoints.catalogue import Repository
from pictograph_server.engines.errors import EngineUnavailable

Network = TypeVar("Network")


def load_network(title: str, checkpoint: str, make: Callable[[], Network]) -> Network:
    """Return what `make` loads; `checkpoint` is the folder or the hub id that was asked for.

    Raises:
        EngineUnavailable: its files are damaged or of something else, or the device has not enough memory.
    """
    import torch
    from safetensors import SafetensorError

    with quiet():
        try:
            return make()
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            if isinstance(error, torch.cuda.OutOfMemoryError):
                why = "the device has not enough memory for its weights"
            else:
                why = f"its files are no complete checkpoint of {title} ({' '.join(str(error).split())[:200]})"
            raise EngineUnavailable(
                f"The checkpoint {checkpoint} cannot be loaded", why=why, fix="Copy it again, or fetch it again"
            ) from error


def refuse_missing_weights(missing: Collection[str], repository: Repository, folder: Path) -> None:
    """Raise `EngineUnavailable` when weights are not in the files: they are left random, and only warned about."""
    if missing:
        raise EngineUnavailable(
            f"The checkpoint {folder} cannot be loaded",
            why=f"{len(missing)} weights of {repository.short_name} are not in its files, the first is {min(missing)}",
            fix="Copy it again, or fetch it again",
        )


@contextmanager
def quiet() -> Generator[None]:
    """Keep `transformers` from drawing progress bars and warning about expected keys; put it back afterwards."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
