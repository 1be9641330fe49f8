"""What every blob store does, whatever it keeps the bytes in."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pictograph_server.storage.blobs import STREAM_CHUNK_BYTES, BlobStore, image_key, open_blobs, thumbnail_key

STORES: dict[str, Callable[[Path], str]] = {
    "folder": lambda folder: f"file://{folder}/with%20space/blobs",
    "memory": lambda _folder: "memory:///",
}


@pytest.fixture(params=list(STORES.values()), ids=list(STORES))
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    return open_blobs(request.param(tmp_path))


def test_put__comes_back(blobs: BlobStore) -> None:
    blobs.put("images/ab/abc", b"bytes")
    assert blobs.get("images/ab/abc") == b"bytes"
    assert blobs.size("images/ab/abc") == 5
    assert blobs.exists("images/ab/abc")


def test_put__again_replaces(blobs: BlobStore) -> None:
    blobs.put("exports/one.zip", b"first try")
    blobs.put("exports/one.zip", b"second")
    assert blobs.get("exports/one.zip") == b"second"


def test_put_file__of_several_parts(blobs: BlobStore, tmp_path: Path) -> None:
    data = bytes(range(256)) * 50_000
    (tmp_path / "file").write_bytes(data)
    blobs.put_file("models/m/model.onnx", tmp_path / "file")
    assert blobs.get("models/m/model.onnx") == data


def test_stream__whole_and_part(blobs: BlobStore) -> None:
    data = bytes(range(256)) * 10_000
    blobs.put("big", data)
    chunks = list(blobs.stream("big"))
    assert b"".join(chunks) == data
    assert max(map(len, chunks)) == STREAM_CHUNK_BYTES
    assert b"".join(blobs.stream("big", start=255, end=258)) == b"\xff\x00\x01"


def test_as_file__reads_the_bytes(blobs: BlobStore) -> None:
    blobs.put("images/ab/abc", b"bytes")
    with blobs.as_file("images/ab/abc") as path:
        assert path.read_bytes() == b"bytes"


def test_delete__is_gone_and_may_be_repeated(blobs: BlobStore) -> None:
    blobs.put("images/ab/abc", b"bytes")
    blobs.delete("images/ab/abc")
    blobs.delete("images/ab/abc")
    assert not blobs.exists("images/ab/abc")


def test_missing__is_file_not_found(blobs: BlobStore) -> None:
    with pytest.raises(FileNotFoundError):
        blobs.get("nothing")
    with pytest.raises(FileNotFoundError):
        blobs.size("nothing")
    with pytest.raises(FileNotFoundError):
        list(blobs.stream("nothing"))
    with pytest.raises(FileNotFoundError), blobs.as_file("nothing"):
        pass


@pytest.mark.parametrize("key", ["../secret", "a/../b", "/etc/passwd", "a//b", "", "a/", ".hidden", "a b", "ä"])
def test_key__is_never_a_way_out(blobs: BlobStore, key: str) -> None:
    with pytest.raises(ValueError, match="not a blob key"):
        blobs.put(key, b"bytes")


def test_keys__are_made_from_content() -> None:
    assert image_key("ab12") == "images/ab/ab12"
    assert thumbnail_key("ab12") == "thumbnails/ab/ab12"


def test_local_path__only_of_a_folder(tmp_path: Path) -> None:
    folder = open_blobs(f"file://{tmp_path}/blobs")
    folder.put("a/b", b"bytes")
    path = folder.local_path("a/b")
    assert path is not None and path.read_bytes() == b"bytes"
    assert open_blobs("memory:///").local_path("a/b") is None
