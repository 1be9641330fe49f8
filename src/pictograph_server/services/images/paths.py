"""Folders and file names of images: virtual, shown to people, and never trusted as paths."""

from pictograph_server.errors import Unprocessable
from pictograph_server.services.datasets.names import is_control

MAX_FILENAME_LENGTH = 400
MAX_FOLDER_LENGTH = 1000


class InvalidPath(Unprocessable):
    code = "invalid_path"

    def __init__(self, path: str, why: str) -> None:
        super().__init__(
            f"{printable(path)!r} cannot be stored under that name",
            why=why,
            fix="Rename the file or folder; names may hold anything but slashes, backslashes and control characters",
        )


def normalise_folder(path: str) -> str:
    """Return the folder with a leading slash and none at the end: "/" or "/a/b" (R9).

    Letters are kept as they are, also decomposed umlauts and emoji.

    Raises:
        InvalidPath: a level is `.` or `..`, or the path holds a backslash or a control character, or is too long.
    """
    levels = [level for level in path.split("/") if level]
    for level in levels:
        _check_level(level, path)
    folder = "/" + "/".join(levels)
    if len(folder) > MAX_FOLDER_LENGTH:
        raise InvalidPath(path[:60] + "…", f"the folder has {len(folder)} characters, {MAX_FOLDER_LENGTH} are allowed")
    return folder


def check_filename(filename: str) -> str:
    """Return the name unchanged when it can be stored: not empty, one level, no control characters.

    Raises:
        InvalidPath: otherwise.
    """
    if not filename:
        raise InvalidPath(filename, "the file name is empty")
    if "/" in filename:
        raise InvalidPath(filename, "the file name contains a slash; folders go into folder_path")
    _check_level(filename, filename)
    if len(filename) > MAX_FILENAME_LENGTH:
        raise InvalidPath(
            filename[:60] + "…", f"the file name has {len(filename)} characters, {MAX_FILENAME_LENGTH} are allowed"
        )
    return filename


def split_member(name: str) -> tuple[str, str]:
    """Return (folder_path, filename) of a bundle's member `<folder>/<filename>`.

    Raises:
        InvalidPath: the name is absolute, climbs, or holds what a name may not hold.
    """
    if name.startswith("/"):
        raise InvalidPath(name, "the path is absolute")
    folder, _, filename = name.removeprefix("./").rpartition("/")
    return normalise_folder(folder), check_filename(filename)


def printable(text: str) -> str:
    """Return the text as valid Unicode: bytes that were none become replacement characters."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _check_level(level: str, path: str) -> None:
    if level in (".", ".."):
        raise InvalidPath(path, f"it contains the level {level!r}")
    if "\\" in level:
        raise InvalidPath(path, "it contains a backslash")
    if any(is_control(character) for character in level):
        raise InvalidPath(path, "it contains a control character or bytes that are no text")
