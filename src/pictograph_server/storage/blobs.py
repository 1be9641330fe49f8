"""Bytes under keys, in a folder or an S3 bucket. Images are content-addressed: the key is made from their SHA-256."""

import re
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

STREAM_CHUNK_BYTES = 1024 * 1024
_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


def image_key(sha256: str) -> str:
    return f"images/{sha256[:2]}/{sha256}"


def thumbnail_key(sha256: str) -> str:
    return f"thumbnails/{sha256[:2]}/{sha256}"


def version_folder(dataset_id: str) -> str:
    """Return where the versions of a dataset lie."""
    return f"versions/{dataset_id}"


class BlobStore:
    """A flat space of immutable files.

    Writing is atomic: a reader sees all of a blob or none of it, also after a crash. Writing a key again replaces it,
    so a job that was killed after its upload may repeat it.

    Raises:
        FileNotFoundError: on reading a key that is not there.
        ValueError: the key is not slash-separated names of letters, digits, `.`, `_`, `-`.
    """

    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder

    def put(self, key: str, data: bytes) -> None:
        obstore.put(self._store, _checked(key), data, use_multipart=False)

    def put_file(self, key: str, path: Path) -> None:
        obstore.put(self._store, _checked(key), path)

    def get(self, key: str) -> bytes:
        return bytes(obstore.get(self._store, _checked(key)).bytes())

    def stream(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from `start` up to `end` (excluded) in chunks of about a megabyte."""
        return _chunks(self._store, _checked(key), start, self.size(key) if end is None else end)

    def size(self, key: str) -> int:
        return obstore.head(self._store, _checked(key))["size"]

    def discard_partial(self, key: str) -> None:
        """Remove what killed writers left of a key. Only for keys that nobody else is writing at the moment."""
        path = self.local_path(key)
        if path is None:
            # A bucket does not show uploads that were not completed; its own rules clear them away.
            return
        # obstore writes `name#1`, `name#2` … and renames.
        for partial in path.parent.glob(f"{path.name}#*"):
            partial.unlink(missing_ok=True)

    def exists(self, key: str) -> bool:
        try:
            self.size(key)
        except FileNotFoundError:
            return False
        return True

    def delete(self, key: str) -> None:
        """Remove a blob; one that is not there is no error."""
        try:
            obstore.delete(self._store, _checked(key))
        except FileNotFoundError:
            return

    def keys_in(self, folder: str) -> list[str]:
        """Return the keys below a folder, `versions/<id>`."""
        return [entry["path"] for page in obstore.list(self._store, f"{_checked(folder)}/") for entry in page]

    def delete_folder(self, folder: str) -> None:
        """Remove every blob below a folder."""
        if paths := self.keys_in(folder):
            obstore.delete(self._store, paths)

    def local_path(self, key: str) -> Path | None:
        """Return where the blob's file is, or None when the store is not a folder of this machine."""
        return self._folder / _checked(key) if self._folder is not None else None

    @contextmanager
    def as_file(self, key: str) -> Generator[Path]:
        """Lend the blob as a file to read: the stored file itself, or a copy that goes away afterwards."""
        path = self.local_path(key)
        if path is not None:
            if not path.is_file():
                raise FileNotFoundError(f"no blob {key!r}")
            yield path
            return
        with tempfile.TemporaryDirectory(prefix="pictograph-") as folder:
            copy = Path(folder) / key.rsplit("/", 1)[-1]
            with copy.open("wb") as file:
                file.writelines(self.stream(key))
            yield copy


def open_blobs(url: str) -> BlobStore:
    """Open `file:///folder` (created when missing), `memory:///` or any URL obstore knows, such as `s3://bucket/prefix`.

    Credentials of a bucket come from its own variables (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL` …).
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        folder = Path(unquote(parts.path))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return BlobStore(LocalStore(folder), folder)
    if parts.scheme == "memory":
        return BlobStore(MemoryStore())
    return BlobStore(from_url(url))


def free_bytes(folder: Path) -> int:
    """Return how much still fits on the disk of `folder`."""
    return shutil.disk_usage(folder).free


def _chunks(store: ObjectStore, key: str, start: int, end: int) -> Iterator[bytes]:
    for offset in range(start, end, STREAM_CHUNK_BYTES):
        length = min(STREAM_CHUNK_BYTES, end - offset)
        yield bytes(obstore.get_range(store, key, start=offset, length=length))


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a blob key: {key!r}")
    return key
