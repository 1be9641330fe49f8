"""How reports look: lines on a terminal, a small table in a notebook."""

from collections.abc import Iterable, Sequence
from html import escape

from pictograph.exceptions import ApiError

# As many failures as a person reads; the rest is counted.
_SHOWN_FAILURES = 10


def as_text(title: str, rows: Iterable[tuple[str, str]]) -> str:
    """Return the title and one indented line a row. Odd bytes in file names are written as escapes."""
    lines = [title, *(f"  {label + ':':<10} {value}" for label, value in rows)]
    return "\n".join(lines).encode("utf-8", "backslashreplace").decode("utf-8")


def as_html(title: str, rows: Iterable[tuple[str, str]]) -> str:
    """Return the same as a table; everything is escaped."""
    cells = "".join(
        f"<tr><th style='text-align:left'>{_html(label)}</th><td style='text-align:left'>{_html(value)}</td></tr>"
        for label, value in rows
    )
    return f"<table><caption style='text-align:left'><b>{_html(title)}</b></caption>{cells}</table>"


def failure_rows(failures: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return a row for each of the first failures (what, why) and one that counts the others."""
    rows = [("failed", f"{what}: {why}") for what, why in failures[:_SHOWN_FAILURES]]
    if len(failures) > _SHOWN_FAILURES:
        rows.append(("failed", f"and {len(failures) - _SHOWN_FAILURES} more"))
    return rows


def describe(error: ApiError) -> str:
    """Return an error as one line for a report: what happened, and what the server says to do about it."""
    own_advice = error.fix if error.code and error.fix else None
    return f"{error.message}. {own_advice}" if own_advice else error.message


def describe_any(error: BaseException) -> str:
    """Return what ended a program, an interruption too."""
    if isinstance(error, ApiError):
        return describe(error)
    return f"The program was stopped ({type(error).__name__})" if not isinstance(error, Exception) else str(error)


def count(number: int, noun: str) -> str:
    """Return "1 image", "2 images"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _html(text: str) -> str:
    return escape(text.encode("utf-8", "backslashreplace").decode("utf-8")).replace("\n", "<br>")
