"""The images among files that are read: found by what labels call them, sized from their headers, placed in folders."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import PurePosixPath

from pictograph.formats.archive import FileSource
from pictograph.formats.base import ImageSizes

IMAGE_ENDINGS = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".heic", ".heif"}
)
# No camera and no format of images has longer ones.
_LONGEST_SIDE = 1_000_000
# Folders that hold images and say nothing about them.
_STORES = frozenset({"images", "jpegimages", "img", "obj_train_data", "labels", "annotations"})


def is_image(name: str) -> bool:
    """Whether a file is an image by the ending of its name; files that systems leave behind are none."""
    path = PurePosixPath(name)
    return path.suffix.lower() in IMAGE_ENDINGS and not is_litter(name)


def is_litter(name: str) -> bool:
    """Whether a file is one that a system leaves behind: `__MACOSX/`, `.DS_Store`, anything hidden."""
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)


def placed(path: str) -> tuple[str, str]:
    """Return the virtual folder and the file name of an image: the first folder that only stores images is left out.

    Example:
        >>> placed("train/images/day/a.jpg")
        ('/train/day', 'a.jpg')
    """
    *folders, filename = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")] or [""]
    kept = [folder for folder in folders if folder != ".."]
    store = next((index for index, folder in enumerate(kept) if folder.lower() in _STORES), len(kept))
    return "/" + "/".join(kept[:store] + kept[store + 1 :]), filename


def side(value: float | None) -> int:
    """Return the side of an image that a file claims, in pixels; 0 for what can be none."""
    return int(value) if value is not None and 1 <= value <= _LONGEST_SIDE else 0


class ImageFiles:
    """The images of a source, by every name that labels may use for them."""

    def __init__(self, source: FileSource, sizes: ImageSizes | None = None) -> None:
        self._source = source
        self._sizes = sizes or {}
        self._seen: dict[str, tuple[int, int] | None] = {}

    @cached_property
    def names(self) -> list[str]:
        return [name for name in self._source.names() if is_image(name)]

    def find(self, reference: str, *, beside: str = "") -> str | None:
        """Return the image that labels call `reference`, or None.

        Tried are the path as it stands, below the folder `beside` that the labels lie in, ever shorter ends of both
        (people move folders and write absolute paths), and the name alone where there is one of it.
        """
        parts = [part for part in reference.replace("\\", "/").split("/") if part not in ("", ".", "..")]
        if not parts:
            return None
        near = [part for part in beside.split("/") if part]
        for length in range(len(near), -1, -1):
            path = "/".join([*near[:length], *parts])
            if path in self._known:
                return path
        for start in range(len(parts)):
            found = self._by_end.get("/".join(parts[start:]).casefold(), ())
            close = [name for name in found if name.startswith(f"{beside}/")] if len(found) > 1 and beside else found
            if len(close) == 1:
                return close[0]
        return None

    def with_stem(self, path: str) -> str | None:
        """Return the image whose path is `path` and an ending; capitals count only where they tell two apart."""
        return self._by_stem.get(path) or self._by_folded_stem.get(path.casefold())

    def size(self, image: str | None, *references: str) -> tuple[int, int] | None:
        """Return the size as the caller knows it, by any of the names, or from the image's header; None if neither."""
        for reference in (*references, *([image] if image else [])):
            for key in _keys(reference):
                if key in self._sizes:
                    return self._sizes[key]
        if image is None:
            return None
        if image not in self._seen:
            self._seen[image] = self._from_header(image)
        return self._seen[image]

    def _from_header(self, image: str) -> tuple[int, int] | None:
        # Loads Pillow, which writing does not need.
        from pictograph.image_header import display_size

        try:
            return display_size(self._source.read(image))
        # A ValueError is the archive's: its member is damaged.
        except (OSError, ValueError):
            return None

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.names)

    @cached_property
    def _by_stem(self) -> dict[str, str]:
        return {name.rpartition(".")[0]: name for name in reversed(self.names)}

    @cached_property
    def _by_folded_stem(self) -> dict[str, str]:
        return {stem.casefold(): name for stem, name in self._by_stem.items()}

    @cached_property
    def _by_end(self) -> dict[str, list[str]]:
        ends: dict[str, list[str]] = {}
        for name in self.names:
            for end in _ends(name):
                ends.setdefault(end.casefold(), []).append(name)
        return ends


def _ends(path: str) -> Iterator[str]:
    parts = path.split("/")
    return ("/".join(parts[start:]) for start in range(len(parts)))


def _keys(path: str) -> Iterator[str]:
    folder, filename = placed(path)
    for key in (path, f"{folder.lstrip('/')}/{filename}".lstrip("/")):
        yield key
        if PurePosixPath(key).suffix.lower() in IMAGE_ENDINGS:
            yield key.rpartition(".")[0]
