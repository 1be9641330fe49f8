"""Images named on a command line: files, folders and patterns, as the files that they are."""

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path

from pictograph._internal.image_files import media_type_of

_PATTERN = "*?["


def expand(given: Sequence[str], *, apart_from: Path) -> tuple[list[Path], list[str]]:
    """Return the files, each once and in the order given, and what is wrong with the rest, in words.

    Of folders it is every image below them; a file named by itself is taken whatever its suffix says.

    Args:
        apart_from: a folder whose files are left out: what an earlier run has written.
    """
    files: dict[Path, None] = {}
    problems: list[str] = []
    for text in given:
        found = list(_files(text))
        if not found:
            problems.append(f"{text}: {_why_nothing(text)}")
        files |= dict.fromkeys(file for file in found if not file.resolve().is_relative_to(apart_from.resolve()))
    return list(files), problems


def relative_paths(files: Sequence[Path]) -> dict[Path, Path]:
    """Return the files by where they are below the nearest folder that holds them all: no two are the same."""
    whole = {file: file.resolve() for file in files}
    root = next(iter(whole.values())).parent if whole else Path()
    while not all(path.is_relative_to(root) for path in whole.values()):
        root = root.parent
    return {file: path.relative_to(root) for file, path in whole.items()}


def _files(text: str) -> Iterator[Path]:
    path = Path(text).expanduser()
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*") if _is_image(file))
    elif path.exists():
        yield path
    elif any(character in text for character in _PATTERN):
        found = sorted(Path(name) for name in glob.glob(str(path), recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
        yield from (file for file in found if _is_image(file))


def _is_image(file: Path) -> bool:
    return file.is_file() and media_type_of(file.name) is not None


def _why_nothing(text: str) -> str:
    if Path(text).expanduser().is_dir():
        return "there is no image in this folder"
    is_pattern = any(character in text for character in _PATTERN)
    return "no image fits this pattern" if is_pattern else "there is no such file"
