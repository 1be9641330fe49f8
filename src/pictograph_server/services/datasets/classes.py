"""The list of classes of a dataset: colours, aliases of geometry names, and what a list may hold."""

from collections.abc import Iterable, Sequence

from pictograph_server.errors import BadRequest, Unprocessable

from .names import is_control
from .records import ClassRecord

MAX_CLASS_NAME_LENGTH = 120
ANNOTATION_TYPES = ("bbox", "polygon", "polyline", "keypoint")
_ALIASES = {"box": "bbox"}

# Twenty hues that stay apart on photographs and for colour-blind eyes as far as twenty can
# (Sasha Trubetskoy's list of distinct colours, the most distinct first).
PALETTE = (
    "#e6194b", "#3cb44b", "#ffe119", "#4363d8", "#f58231", "#911eb4", "#42d4f4", "#f032e6", "#bfef45", "#fabed4",
    "#469990", "#dcbeff", "#9a6324", "#fffac8", "#800000", "#aaffc3", "#808000", "#ffd8b1", "#000075", "#a9a9a9",
)  # fmt: skip


class UnknownAnnotationType(BadRequest):
    code = "unknown_annotation_type"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"Unknown annotation type {', '.join(map(repr, names))}",
            why="an annotation type names a geometry",
            fix=f"Use {', '.join(ANNOTATION_TYPES)} (or box, which means bbox)",
        )


class InvalidClass(Unprocessable):
    code = "invalid_class"


def normalise_annotation_types(names: Iterable[str]) -> tuple[str, ...]:
    """Return the geometries once each, in the order given, with aliases resolved."""
    resolved = [_ALIASES.get(name, name) for name in names]
    if unknown := [name for name in resolved if name not in ANNOTATION_TYPES]:
        raise UnknownAnnotationType(unknown)
    return tuple(dict.fromkeys(resolved))


def widen_annotation_types(current: Sequence[str], class_types: Iterable[str | None]) -> tuple[str, ...]:
    """Return `current` and the geometries that classes bring; words that name no geometry (`tag`) add nothing."""
    wanted = (_ALIASES.get(name, name) for name in class_types if name)
    return tuple(dict.fromkeys([*current, *(name for name in wanted if name in ANNOTATION_TYPES)]))


def with_colours(new: Sequence[ClassRecord], taken: Iterable[str | None] = ()) -> list[ClassRecord]:
    """Return the classes with a colour each: given ones kept, missing ones the first of the palette not yet taken."""
    used = {color.lower() for color in [*taken, *(entry.color for entry in new)] if color}
    coloured: list[ClassRecord] = []
    for entry in new:
        color = entry.color or next((c for c in PALETTE if c not in used), PALETTE[len(used) % len(PALETTE)])
        used.add(color.lower())
        coloured.append(ClassRecord(entry.name, entry.type, color, entry.prompts))
    return coloured


def check_classes(classes: Sequence[ClassRecord]) -> None:
    """Raise `InvalidClass` when a name is blank, too long, holds control characters, or stands twice."""
    seen: set[str] = set()
    for entry in classes:
        check_class_name(entry.name)
        if entry.name in seen:
            raise InvalidClass(
                f"The class {entry.name!r} is given twice", why="names are unique in a dataset", fix="Give it once"
            )
        seen.add(entry.name)


def check_class_name(name: str) -> None:
    why = None
    if not name.strip():
        why = "it is blank"
    elif len(name) > MAX_CLASS_NAME_LENGTH:
        why = f"it has {len(name)} characters and {MAX_CLASS_NAME_LENGTH} are allowed"
    elif any(is_control(character) for character in name):
        why = "it contains a control character"
    if why:
        raise InvalidClass(f"{name[:60]!r} cannot be the name of a class", why=why, fix="Give a short readable name")
