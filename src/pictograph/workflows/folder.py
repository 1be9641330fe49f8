"""The images below a folder on disk, each with its place in a dataset."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pictograph._internal.image_files import media_type_of
from pictograph.resources.images import ImageKey


@dataclass(frozen=True, slots=True)
class LocalImage:
    """A file on disk, and where it goes in the dataset."""

    path: Path
    key: ImageKey
    size_bytes: int


def find_images(root: Path, *, keep_folders: bool) -> tuple[list[LocalImage], list[tuple[Path, str]]]:
    """Return the images below `root` in sorted order, and what could not be looked at with the reason.

    A file is an image by its suffix, in any case. With `keep_folders` every sub-folder level is kept (R9), else all
    images go to the root folder. Links to folders are followed.
    """
    images: list[LocalImage] = []
    failures: list[tuple[Path, str]] = []
    for path, folders in _walk(root, (), frozenset(), failures):
        virtual = "/" + "/".join(folders) if keep_folders else "/"
        key = ImageKey(virtual, path.name)
        try:
            f"{virtual}/{path.name}".encode()
            size_bytes = path.stat().st_size
        except UnicodeEncodeError:
            failures.append((path, "the name is not UTF-8; rename the file"))
        except OSError as error:
            failures.append((path, f"cannot be read: {error.strerror or error}"))
        else:
            images.append(LocalImage(path, key, size_bytes))
    return images, failures


def _walk(
    folder: Path, names: tuple[str, ...], above: frozenset[tuple[int, int]], failures: list[tuple[Path, str]]
) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Yield (file, names of the folders above it below the root), depth first and sorted.

    `above` holds the identity of every folder on the way here, so that a link back up ends instead of going round.
    """
    try:
        about = folder.stat()
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        failures.append((folder, f"cannot be read: {error.strerror or error}"))
        return
    identity = (about.st_dev, about.st_ino)
    if identity in above:
        return
    for entry in entries:
        if entry.is_dir():
            yield from _walk(Path(entry.path), (*names, entry.name), above | {identity}, failures)
        elif media_type_of(entry.name) is not None and not entry.name.startswith("._"):
            # A name that begins with "._" is macOS's note about a file, not an image, whatever its suffix.
            yield Path(entry.path), names
