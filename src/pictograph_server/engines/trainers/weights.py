"""What a run starts from: random weights, the library's published ones, or a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pictograph_server.engines.errors import EngineUnavailable
from pictograph_server.engines.trainers.base import Run, TrainingConfig

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Published:
    """Weights that a library's makers publish."""

    # For people: "YOLOX-nano, COCO".
    name: str
    url: str
    license: str


def starting_weights(config: TrainingConfig, published: Published | None, run: Run, *, on_gpu: bool) -> Path | None:
    """Return the file a run starts from, fetched when need be; None for random weights. Says which to the run.

    Raises:
        EngineUnavailable: the weights were asked for and cannot be had, with what to do.
    """
    if isinstance(config.weights, Path):
        if not config.weights.is_file():
            raise EngineUnavailable(
                f"There are no weights at {config.weights.name!r}",
                why="no such file on the machine that trains",
                fix="Check `weights`",
            )
        return config.weights
    return None


def fill(network: nn.Module, saved: Mapping[str, Tensor], *, name: str) -> str:
    """Fill a network with weights; layers of another shape (a head for other classes) stay as they are.

    Returns:
        What was taken, in words for `run.say`.
    Raises:
        EngineUnavailable: they fit nowhere.
    """
    own = network.state_dict()
    fitting = {key: value for key, value in saved.items() if key in own and own[key].shape == value.shape}
    if not fitting:
        raise EngineUnavailable(
            f"The weights {name!r} fit nowhere in this network",
            why="they belong to another architecture or size",
            fix="Choose the settings they were made with",
        )
    network.load_state_dict(fitting, strict=False)
    return f"Started from {name}: {len(fitting)} of {len(own)} layers fit."
