"""What a version holds, as bytes in the blob store: a manifest that names chunks of images, each kept once.

Chunks end where an image's id says so, not after so many images: a change touches the chunks of the images that
changed, and two versions share all others. Everything is named by the SHA-256 of its content. Beside each chunk lies
its index, a line an image with digests of what may change, which is all that comparing two versions needs.
"""

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self, cast

import orjson

from pictograph_server.services.images.records import tag_names
from pictograph_server.storage.blobs import BlobStore, version_folder

# An image ends its chunk with a chance of one in so many.
_MEAN_IMAGES = 512
_MOST_IMAGES = 2048
_DIGEST_CHARACTERS = 16
# Annotations are numbers as text; more effort makes them little smaller.
_COMPRESSION = 3


@dataclass(frozen=True, slots=True)
class FrozenImage:
    """An image as it was, with everything that was said about it. `provenance` is JSON by annotation id."""

    id: str
    folder_path: str
    filename: str
    display_name: str | None
    sha256: str
    size_bytes: int
    width: int
    height: int
    mime_type: str
    status: str
    status_set_by: str | None
    auto_tags: Mapping[str, object]
    annotations: Sequence[dict[str, object]]
    provenance: Mapping[str, object]

    @property
    def tags(self) -> tuple[str, ...]:
        """Return what the image as a whole is tagged with, whatever kind of tag it is."""
        return tag_names(self.auto_tags)


@dataclass(frozen=True, slots=True)
class IndexLine:
    """An image in short. Annotations and tags are digests of what they were."""

    id: str
    folder_path: str
    filename: str
    sha256: str
    status: str
    annotation_count: int
    annotations: str
    tags: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some images in a row, by the hash of their bytes."""

    sha256: str
    images: int


@dataclass(frozen=True, slots=True)
class FrozenClass:
    """A class of the dataset's list."""

    name: str
    type: str | None
    color: str | None
    prompts: list[str]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in a version."""

    classes: list[FrozenClass]
    annotation_types: list[str]
    chunks: list[Chunk]

    def to_json(self) -> bytes:
        return orjson.dumps({"layout": 1, **asdict(self)}, option=orjson.OPT_SORT_KEYS)

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        document: dict[str, Any] = orjson.loads(data)
        return cls(
            classes=[FrozenClass(**entry) for entry in document["classes"]],
            annotation_types=document["annotation_types"],
            chunks=[Chunk(**entry) for entry in document["chunks"]],
        )


class VersionStore:
    """The versions of one dataset in the blob store."""

    def __init__(self, blobs: BlobStore, dataset_id: str) -> None:
        self._blobs = blobs
        self._folder = version_folder(dataset_id)

    def put_manifest(self, manifest: Manifest) -> str:
        """Store a manifest and return its hash, which is the version's."""
        data = manifest.to_json()
        sha256 = hashlib.sha256(data).hexdigest()
        self._blobs.put(self._manifest_key(sha256), data)
        return sha256

    def manifest(self, sha256: str) -> Manifest:
        """Raises: FileNotFoundError: it is not there."""
        return Manifest.from_json(self._blobs.get(self._manifest_key(sha256)))

    def put_chunk(self, images: Sequence[FrozenImage]) -> Chunk:
        """Store images, unless the same are there already."""
        data = b"\n".join(orjson.dumps(image, option=orjson.OPT_SORT_KEYS) for image in images)
        chunk = Chunk(hashlib.sha256(data).hexdigest(), len(images))
        # The index last: where it is, the chunk is.
        if not self._blobs.exists(self._index_key(chunk.sha256)):
            index = b"\n".join(orjson.dumps(_fields(_line(image))) for image in images)
            self._blobs.put(self._chunk_key(chunk.sha256), zlib.compress(data, _COMPRESSION))
            self._blobs.put(self._index_key(chunk.sha256), zlib.compress(index, _COMPRESSION))
        return chunk

    def images(self, chunk: Chunk) -> Iterator[FrozenImage]:
        for line in zlib.decompress(self._blobs.get(self._chunk_key(chunk.sha256))).split(b"\n"):
            yield FrozenImage(**orjson.loads(line))

    def index(self, chunk: Chunk) -> Iterator[IndexLine]:
        for line in zlib.decompress(self._blobs.get(self._index_key(chunk.sha256))).split(b"\n"):
            yield IndexLine(*orjson.loads(line))

    def remove_all_but(self, manifests: Iterable[str]) -> None:
        """Remove what these manifests, by their hashes, do not name. Nobody may be writing a version meanwhile."""
        kept: set[str] = set()
        for sha256 in manifests:
            kept.add(self._manifest_key(sha256))
            for chunk in self.manifest(sha256).chunks:
                kept |= {self._chunk_key(chunk.sha256), self._index_key(chunk.sha256)}
        for key in self._blobs.keys_in(self._folder):
            if key not in kept:
                self._blobs.delete(key)

    def _chunk_key(self, sha256: str) -> str:
        return f"{self._folder}/{sha256}.chunk"

    def _index_key(self, sha256: str) -> str:
        return f"{self._folder}/{sha256}.index"

    def _manifest_key(self, sha256: str) -> str:
        return f"{self._folder}/{sha256}.json"


def in_chunks(images: Iterable[FrozenImage]) -> Iterator[list[FrozenImage]]:
    """Yield the images in chunks that depend on their ids alone."""
    chunk: list[FrozenImage] = []
    for image in images:
        chunk.append(image)
        if _ends_chunk(image.id) or len(chunk) == _MOST_IMAGES:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _ends_chunk(image_id: str) -> bool:
    return int(hashlib.sha256(image_id.encode()).hexdigest()[:8], 16) % _MEAN_IMAGES == 0


def _line(image: FrozenImage) -> IndexLine:
    return IndexLine(
        id=image.id,
        folder_path=image.folder_path,
        filename=image.filename,
        sha256=image.sha256,
        status=image.status,
        annotation_count=len(image.annotations),
        annotations=_digest(image.annotations),
        tags=_digest(image.auto_tags),
    )


def _fields(line: IndexLine) -> list[object]:
    return [cast("object", getattr(line, name)) for name in IndexLine.__slots__]


def _digest(value: object) -> str:
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:_DIGEST_CHARACTERS]
