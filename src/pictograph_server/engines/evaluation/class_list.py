"""The classes of the images and those of the model, matched by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pictograph_server.engines.trainers.base import Sample, Task

NOT_LOOKED_FOR = -1


@dataclass(frozen=True)
class ClassList:
    """`there` is what was looked for in the images, `present` what is on them; figures are in the order of `there`."""

    there: tuple[str, ...]
    known: tuple[str, ...]
    present: frozenset[str]

    @classmethod
    def of(cls, samples: Sequence[Sample], there: tuple[str, ...], known: tuple[str, ...]) -> "ClassList":
        indexes = {shape.class_index for sample in samples for shape in sample.shapes}
        indexes.update(tag for sample in samples for tag in sample.tags)
        return cls(there, known, frozenset(there[index] for index in indexes))

    @property
    def unknown(self) -> tuple[str, ...]:
        """Return the classes on the images that the model does not know."""
        return tuple(name for name in self.there if name not in self.known and name in self.present)

    @property
    def not_looked_for(self) -> tuple[str, ...]:
        """Return the model's classes that the images were never searched for."""
        return tuple(name for name in self.known if name not in self.there)

    @cached_property
    def of_model(self) -> NDArray[np.int64]:
        """Return, for each class of the model, its position in `there`, or `NOT_LOOKED_FOR`."""
        places = {name: index for index, name in enumerate(self.there)}
        return np.array([places.get(name, NOT_LOOKED_FOR) for name in self.known], dtype=np.int64)

    def remarks(self, task: Task) -> list[str]:
        """Return what a reader of the figures should know."""
        remarks: list[str] = []
        if self.unknown:
            remarks.append(f"The model does not know {', '.join(self.unknown)}: all of it counts as missed.")
        if self.not_looked_for:
            names = ", ".join(self.not_looked_for)
            counts = "as wrong" if task == "classification" else "neither as right nor as wrong"
            remarks.append(f"The images are not annotated for {names}: what the model says of it counts {counts}.")
        return remarks
