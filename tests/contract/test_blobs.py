"""What every blob store does, whatever it keeps the bytes in."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pictograph_server.storage.blobs import STREAM_CHUNK_BYTES, BlobStore, image_key, open_blobs, thumbnail_key

STORES: dict[str, Callable[[Path], str]] = {
    "folder": lambda folder: f"file://{folder}/with%20space/blobs",
    "memory": lambda _folder: "memory:///",
}

PUT_FILE = """
import sys
from pathlib import Path
from pictograph_server.storage.blobs import open_blobs
folder = Path(sys.argv[1])
open_blobs(f"file://{folder}/blobs").put_file("exports/one.zip", folder / "file")
"""


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


def test_put_file__killed_leaves_nothing_once_it_is_repeated(tmp_path: Path) -> None:
    blobs = open_blobs(f"file://{tmp_path}/blobs")
    file, folder = tmp_path / "file", tmp_path / "blobs" / "exports"
    file.write_bytes(bytes(100_000_000))
    for _ in range(20):
        writer = subprocess.Popen([sys.executable, "-c", PUT_FILE, tmp_path])
        while not list(folder.glob("one.zip*")):
            time.sleep(0.001)
        writer.kill()
        writer.wait()
        if not blobs.exists("exports/one.zip"):
            break
        # It was done before the kill.
        blobs.delete("exports/one.zip")
    assert len(list(folder.iterdir())) == 1
    blobs.discard_partial("exports/one.zip")
    blobs.put_file("exports/one.zip", file)
    assert [path.name for path in folder.iterdir()] == ["one.zip"]


def test_discard_partial__of_a_key_that_is_not_there(blobs: BlobStore) -> None:
    blobs.put("exports/one.zip", b"whole")
    blobs.discard_partial("exports/one.zip")
    blobs.discard_partial("exports/none/two.zip")
    assert blobs.get("exports/one.zip") == b"whole"


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
