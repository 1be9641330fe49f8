"""Images of a store that is not a folder of this machine."""

from pathlib import Path

import pytest

from pictograph_server.engines.trainers.base import Sample
from pictograph_server.services.evaluations.material import ImageMissing, Material, fetch
from pictograph_server.storage.blobs import BlobStore, image_key, open_blobs


@pytest.fixture
def blobs() -> BlobStore:
    blobs = open_blobs("memory:///")
    blobs.put(image_key("a" * 64), b"first")
    blobs.put(image_key("b" * 64), b"second")
    return blobs


def material(folder: Path, *contents: str) -> Material:
    samples = (Sample(each, folder / (each * 64), 1, 1, each * 64) for each in contents)
    return Material((), tuple(samples), ())


def test_fetch__brings_what_is_not_there_and_keeps_what_is(blobs: BlobStore, tmp_path: Path) -> None:
    (tmp_path / ("a" * 64)).write_bytes(b"from an earlier attempt")
    calls: list[int] = []
    fetch(blobs, material(tmp_path, "a", "b"), on_image=lambda: calls.append(1))
    assert (tmp_path / ("a" * 64)).read_bytes() == b"from an earlier attempt"
    assert (tmp_path / ("b" * 64)).read_bytes() == b"second"
    assert len(calls) == 2
    assert len(list(tmp_path.iterdir())) == 2


def test_fetch__lost_image_is_named(blobs: BlobStore, tmp_path: Path) -> None:
    with pytest.raises(ImageMissing, match="image c is missing from the store"):
        fetch(blobs, material(tmp_path, "c"), on_image=lambda: None)
