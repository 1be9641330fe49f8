"""Telling how a workflow stands: to a program through a callback, to a person through bars on the terminal."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

Stage = Literal["upload", "annotate", "export", "train", "plan", "import"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How a stage stands: `completed` of `total` images (upload, annotate) or percent (all others)."""

    stage: Stage
    completed: int
    total: int
    message: str = ""


ProgressCallback = Callable[[Progress], None]


@contextmanager
def watching(progress: ProgressCallback | None) -> Generator[ProgressCallback]:
    """Yield what to call with every `Progress`: the program's callback, bars when a person watches, or nothing."""
    if progress is not None:
        yield progress
    elif _is_watched():
        # rich takes longer to import than the rest of the client; it is loaded only for somebody who looks.
        with _bars() as bars:
            yield _BarBoard(bars).show
    else:
        yield _ignore


def _is_watched() -> bool:
    return is_terminal() or _is_notebook()


def is_terminal() -> bool:
    """Tell whether stderr is a terminal, on which bars can be drawn."""
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError):  # No stderr at all, or a closed one.
        return False


def _is_notebook() -> bool:
    """Tell whether a Jupyter kernel runs us and has the widgets that rich draws with."""
    return "ipykernel" in sys.modules and find_spec("ipywidgets") is not None


def _bars(console: "Console | None" = None) -> "Bars":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    return Bars(
        TextColumn("{task.description:<9}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        # File names are text, not markup: `[red].jpg` is a name like another.
        TextColumn("{task.fields[message]}", markup=False),
        console=console or Console(stderr=True),
    )


class _BarBoard:
    """One bar a stage, added when the stage is first heard of."""

    def __init__(self, bars: "Bars") -> None:
        self._bars = bars
        self._tasks: dict[Stage, TaskID] = {}

    def show(self, progress: Progress) -> None:
        task = self._tasks.get(progress.stage)
        if task is None:
            task = self._tasks[progress.stage] = self._bars.add_task(progress.stage, total=None, message="")
        total = max(progress.total, 1)
        self._bars.update(task, completed=progress.completed, total=total, message=progress.message[:60])


def _ignore(progress: Progress) -> None:
    pass
