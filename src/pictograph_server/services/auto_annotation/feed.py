"""The images of a shard that are still to do, decoded ahead of the model by threads."""

import os
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from pictograph.pixels import read_rgb
from pictograph_server.engines.annotators.base import RgbImage
from pictograph_server.platform import Platform
from pictograph_server.services.auto_annotation import repository
from pictograph_server.services.auto_annotation.repository import Shard
from pictograph_server.services.images import service as images
from pictograph_server.services.images.records import ImageRecord
from pictograph_server.storage.blobs import image_key

_DECODERS = max(2, min(8, os.cpu_count() or 1))
_PAGE = 200
MAX_GROUP = 16
# Pixels of one group together: 16 ordinary photographs shrunk for the web, or one very large scan.
MAX_GROUP_PIXELS = 32_000_000
# Decoded images waiting for the model, about a group: three bytes a pixel.
_AHEAD = MAX_GROUP


@dataclass(frozen=True, slots=True)
class ReadImage:
    """An image to do: its pixels, or the reason why there are none."""

    position: int
    image: ImageRecord
    pixels: "RgbImage | None"
    reason: str | None = None


class Feed:
    """Hands out groups of decoded images, in the shard's order, each image once."""

    def __init__(self, platform: Platform, pool: ThreadPoolExecutor, source: Iterator[tuple[int, ImageRecord]]) -> None:
        self._platform = platform
        self._pool = pool
        self._source = source
        self._ahead: deque[tuple[ImageRecord, Future[ReadImage]]] = deque()
        self._pixels_ahead = 0
        self._read_ahead()

    def next_group(self, size: int) -> Sequence[ReadImage]:
        """Return up to `size` images, fewer when they are large; none when all are done."""
        group: list[ReadImage] = []
        pixels = 0
        while self._ahead and len(group) < min(size, MAX_GROUP) and pixels < MAX_GROUP_PIXELS:
            image, read = self._ahead.popleft()
            pixels += _pixels(image)
            self._pixels_ahead -= _pixels(image)
            self._read_ahead()
            group.append(read.result())
        return group

    def _read_ahead(self) -> None:
        while len(self._ahead) < _AHEAD and (self._pixels_ahead < MAX_GROUP_PIXELS or not self._ahead):
            found = next(self._source, None)
            if found is None:
                return
            position, image = found
            self._ahead.append((image, self._pool.submit(read_image, self._platform, position, image)))
            self._pixels_ahead += _pixels(image)


@contextmanager
def open_feed(platform: Platform, shard: Shard, organization_id: str) -> Generator[Feed]:
    """Open the feed of what a shard has left; its threads end with the block."""
    pool = ThreadPoolExecutor(_DECODERS, thread_name_prefix="decode")
    try:
        yield Feed(platform, pool, pending(platform, shard, organization_id))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def pending(platform: Platform, shard: Shard, organization_id: str) -> Iterator[tuple[int, ImageRecord]]:
    """Yield position and image of what a shard has left, in order, read from the database a page at a time."""
    first = shard.first_position
    while True:
        with platform.db.read() as conn:
            page = repository.pending_image_ids(conn, shard.batch_id, first=first, end=shard.end_position, limit=_PAGE)
            found = images.get_many(conn, organization_id, [image_id for _, image_id in page])
        if not page:
            return
        positions = {image_id: place for place, image_id in page}
        yield from ((positions[image.id], image) for image in found)
        first = page[-1][0] + 1


def read_image(platform: Platform, position: int, image: ImageRecord) -> ReadImage:
    try:
        with platform.blobs.as_file(image_key(image.sha256)) as path:
            return ReadImage(position, image, read_rgb(path))
    except FileNotFoundError:
        return ReadImage(
            position, image, None, f"{image.filename!r} cannot be read: its file is missing from the store"
        )
    except (OSError, MemoryError) as error:
        return ReadImage(position, image, None, f"{image.filename!r} cannot be read: {error}")


def _pixels(image: ImageRecord) -> int:
    return image.width * image.height
