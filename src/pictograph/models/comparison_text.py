"""A comparison as people read it: lines on a terminal, tables in a notebook."""

from collections.abc import Iterable, Sequence
from html import escape

from pictograph.models.comparison import ClassAgreement, Comparison

HEADINGS = ("class", "there", "found", "precision", "recall", "F1", "box IoU", "mask IoU", "keep from")
# As many as fit on a screen; `comparison.worst_images` has all.
_WORST_SHOWN = 10


def as_text(comparison: Comparison) -> str:
    """Return title, table, worst images and notes as plain text."""
    rows = [HEADINGS, *class_rows(comparison)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [title(comparison)]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        lines.append("  " + "  ".join(cells))
    lines += [f"  {path}: {problems}" for path, problems in worst_rows(comparison, _WORST_SHOWN)]
    lines += [f"  note: {note}" for note in comparison.notes]
    return "\n".join(lines).encode("utf-8", "backslashreplace").decode("utf-8")


def as_html(comparison: Comparison) -> str:
    """Return the same as tables; everything is escaped."""
    classes = _table(HEADINGS, class_rows(comparison), title(comparison))
    worst = list(worst_rows(comparison, _WORST_SHOWN))
    images = _table(("image", "what differs"), worst, "Worst images") if worst else ""
    return classes + images + "".join(f"<p>{_html(note)}</p>" for note in comparison.notes)


def title(comparison: Comparison) -> str:
    """Return what was compared, in one line."""
    images = "1 image" if comparison.image_count == 1 else f"{comparison.image_count} images"
    return (
        f"{comparison.other} against {comparison.reference}: {images}, a match is an IoU of {comparison.iou:g} or more"
    )


def class_rows(comparison: Comparison, *, with_intervals: bool = True) -> list[tuple[str, ...]]:
    """Return a row of cells for each class, and one for all where there are several."""
    classes = [*comparison.classes, comparison.total] if len(comparison.classes) != 1 else comparison.classes
    return [_class_row(each, with_intervals) for each in classes]


def worst_rows(comparison: Comparison, limit: int) -> Iterable[tuple[str, str]]:
    """Yield path and problems of the worst images."""
    for image in comparison.worst_images[:limit]:
        words = [str(problem) for problem in image.problems]
        if image.problem_count > len(words):
            words.append(f"and {image.problem_count - len(words)} more")
        yield image.path, ", ".join(words)


def _class_row(each: ClassAgreement, with_intervals: bool) -> tuple[str, ...]:
    return (
        each.class_name if each.kind == "shape" else f"{each.class_name} (tag)",
        str(each.reference_count),
        str(each.other_count),
        _share(each.precision, each.precision_interval if with_intervals else None),
        _share(each.recall, each.recall_interval if with_intervals else None),
        _figure(each.f1),
        _figure(each.mean_box_iou),
        _figure(each.mean_mask_iou),
        # Rounded down, so that the label it comes from is kept.
        "-" if each.best_threshold is None else f"{int(each.best_threshold * 1000) / 1000:.3f}",
    )


def _share(value: float | None, interval: tuple[float, float] | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if interval is None else f"{value:.2f} ({interval[0]:.2f}-{interval[1]:.2f})"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]], caption: str) -> str:
    head = "".join(f"<th>{_html(heading)}</th>" for heading in headings)
    body = "".join("<tr>" + "".join(f"<td>{_html(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><caption style='text-align:left'><b>{_html(caption)}</b></caption><tr>{head}</tr>{body}</table>"


def _html(text: str) -> str:
    return escape(text.encode("utf-8", "backslashreplace").decode("utf-8"))
