"""A model that was trained here, as an annotator: its prompts are its classes (ONNX Runtime, no torch)."""

from pathlib import Path

from pictograph_server.engines.annotators.base import Annotator
from pictograph_server.engines.annotators.card import plain_phrase


def load(folder: Path, device: str | None) -> Annotator:
    """Open a model's folder (`model.onnx`); its name becomes `model:<folder.name>`.

    Args:
        device: `cpu`, `cuda`, `cuda:1`; the best there is when None.
    Raises:
        EngineUnavailable: no such file, another tool's, or a package is missing.
    """
    raise NotImplementedError(folder, device)


def folded(name: str) -> str:
    """Return what spellings of one class have in common: `Stop_Sign` and `stop-sign` are both `stop sign`."""
    return plain_phrase(name).casefold()
