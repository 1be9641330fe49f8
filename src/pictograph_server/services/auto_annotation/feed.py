"""The images of a batch that are still to do, decoded a little ahead of the model by threads."""

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from pictograph.pixels import read_rgb
from pictograph_server.engines.annotators.base import RgbImage
from pictograph_server.platform import Platform
from pictograph_server.services.auto_annotation import repository
from pictograph_server.services.auto_annotation.repository import BatchRecord
from pictograph_server.services.images import service as images
from pictograph_server.services.images.records import ImageRecord
from pictograph_server.storage.blobs import image_key

_DECODERS = 2
# Decoded images waiting for the model; each holds three bytes a pixel.
_AHEAD = 4
_PAGE = 200
MAX_GROUP = 16
# Pixels of one group together: 16 ordinary photographs shrunk for the web, or one very large scan.
MAX_GROUP_PIXELS = 32_000_000


@dataclass(frozen=True, slots=True)
class ReadImage:
    """An image to do: its pixels, or the reason why there are none."""

    position: int
    image: ImageRecord
    pixels: "RgbImage | None"
    reason: str | None = None


class Feed:
    """Hands out groups of decoded images, in the batch's order, each image once."""

    def __init__(self, source: Iterator[Future[ReadImage]]) -> None:
        self._source = source
        self._ahead: deque[Future[ReadImage]] = deque(islice(source, _AHEAD))

    def next_group(self, size: int) -> Sequence[ReadImage]:
        """Return up to `size` images, fewer when they are large; none when all are done."""
        group: list[ReadImage] = []
        pixels = 0
        while self._ahead and len(group) < min(size, MAX_GROUP) and pixels < MAX_GROUP_PIXELS:
            read = self._ahead.popleft().result()
            self._ahead.extend(islice(self._source, 1))
            group.append(read)
            pixels += read.image.width * read.image.height
        return group


@contextmanager
def open_feed(platform: Platform, batch: BatchRecord) -> Generator[Feed]:
    """Open the feed of what a batch has left; its threads end with the block."""
    pool = ThreadPoolExecutor(_DECODERS, thread_name_prefix="decode")
    try:
        yield Feed(pool.submit(_read, platform, position, image) for position, image in _pending(platform, batch))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _pending(platform: Platform, batch: BatchRecord) -> Iterator[tuple[int, ImageRecord]]:
    position = -1
    while True:
        with platform.db.read() as conn:
            page = repository.pending_image_ids(conn, batch.id, limit=_PAGE, after_position=position)
            found = images.get_many(conn, batch.organization_id, [image_id for _, image_id in page])
        if not page:
            return
        positions = {image_id: place for place, image_id in page}
        yield from ((positions[image.id], image) for image in found)
        position = page[-1][0]


def _read(platform: Platform, position: int, image: ImageRecord) -> ReadImage:
    try:
        with platform.blobs.as_file(image_key(image.sha256)) as path:
            return ReadImage(position, image, read_rgb(path))
    except FileNotFoundError:
        return ReadImage(
            position, image, None, f"{image.filename!r} cannot be read: its file is missing from the store"
        )
    except (OSError, MemoryError) as error:
        return ReadImage(position, image, None, f"{image.filename!r} cannot be read: {error}")
