import io
import sys

import pytest
from rich.console import Console

from pictograph.workflows import progress
from pictograph.workflows.progress import Progress, watching


def test_watching__a_program_gets_everything() -> None:
    seen: list[Progress] = []
    with watching(seen.append) as show:
        show(Progress("upload", 1, 2, "a.jpg"))
    assert seen == [Progress("upload", 1, 2, "a.jpg")]


def test_watching__nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with watching(None) as show:
        show(Progress("upload", 1, 2, "a.jpg"))
    assert capsys.readouterr() == ("", "")


def test_watching__no_stderr_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    with watching(None) as show:
        show(Progress("upload", 1, 2, "a.jpg"))


def test_bars__a_line_a_stage() -> None:
    terminal = Console(file=io.StringIO(), force_terminal=True, width=120)
    with progress._bars(terminal) as bars:  # pyright: ignore[reportPrivateUsage]
        board = progress._BarBoard(bars)  # pyright: ignore[reportPrivateUsage]
        board.show(Progress("upload", 1, 2, "[red].jpg"))
        board.show(Progress("train", 40, 100, "epoch 4 of 10"))
        assert [(task.description, task.completed, task.total) for task in bars.tasks] == [
            ("upload", 1, 2),
            ("train", 40, 100),
        ]
    assert isinstance(terminal.file, io.StringIO)
    shown = terminal.file.getvalue()
    assert "[red].jpg" in shown
    assert "epoch 4 of 10" in shown
