"""What the ingest job makes of one image: a thumbnail, a difference hash, and a descriptor to find like ones by."""

import io
import os

from PIL import Image

from pictograph.pixels import decode_rgb
from pictograph_server.storage.blobs import BlobStore, image_key, thumbnail_key

from .descriptor import descriptor
from .records import ImageRecord, Ingested

THUMBNAIL_SIDE = 320
_THUMBNAIL_QUALITY = 82
_LOWEST_PRIORITY = 19


def ingest(blobs: BlobStore, record: ImageRecord) -> Ingested:
    """Store the thumbnail of an image and return its hash and descriptor.

    An unreadable image is an answer, not an exception.
    """
    try:
        with blobs.as_file(image_key(record.sha256)) as path:
            thumbnail = decode_rgb(path, at_least=THUMBNAIL_SIDE)
    # Whatever a decoder raises on this one image is recorded with it.
    except Exception as error:
        return Ingested(record.id, None, False, f"{type(error).__name__}: {error}"[:500])
    dhash = difference_hash(thumbnail)
    thumbnail.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    blobs.put(thumbnail_key(record.sha256), _jpeg(thumbnail))
    return Ingested(record.id, dhash, True, None, descriptor(thumbnail))


def difference_hash(image: Image.Image) -> str:
    """Return the 64-bit difference hash of an upright image as 16 hex digits: near copies differ in few bits.

    Source: Krawetz 2013, https://www.hackerfactor.com/blog/index.php?/archives/529-Kind-of-Like-That.html
    """
    grey = image.convert("L").resize((9, 8), Image.Resampling.BOX).tobytes()
    bits = "".join("01"[grey[9 * y + x + 1] > grey[9 * y + x]] for y in range(8) for x in range(8))
    return f"{int(bits, 2):016x}"


def lower_priority() -> None:
    """Let everything else on the machine go first. On Linux this is the calling thread's own priority."""
    os.setpriority(os.PRIO_PROCESS, 0, _LOWEST_PRIORITY)


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_THUMBNAIL_QUALITY)
    return buffer.getvalue()
