"""What is sent of a folder is a tar, though none is ever written: cut anywhere, its pieces are those of the whole."""

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pictograph._internal.packing import ArchiveFile, FolderTar, pack


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("folder")
    files = {"a.jpg": b"a" * 700, "b/c.json": b"", "b/ü x.txt": b"0 1\n", f"{'deep/' * 30}long name.png": b"p" * 512}
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def test_folder__is_a_tar_of_its_images_and_labels(folder: Path) -> None:
    packed = pack(folder)
    data = packed.read(0, packed.size_bytes)
    assert len(data) == packed.size_bytes
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        found = {member.name: archive.extractfile(member).read() for member in archive}  # pyright: ignore[reportOptionalMemberAccess]
    assert found == {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@settings(deadline=None, max_examples=30)
@given(part=st.integers(61, 5000))
def test_folder__cut_anywhere_its_pieces_are_those_of_the_whole(folder: Path, part: int) -> None:
    packed = pack(folder)
    whole = packed.read(0, packed.size_bytes)
    assert b"".join(packed.read(start, part) for start in range(0, packed.size_bytes, part)) == whole


def test_folder__what_is_neither_image_nor_label_stays(tmp_path: Path) -> None:
    names = ("a.jpg", "a.xml", "video.mp4", ".hidden.jpg", "notes.pdf", ".git/x.json", "__MACOSX/a.jpg")
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    packed = pack(tmp_path)
    with tarfile.open(fileobj=io.BytesIO(packed.read(0, packed.size_bytes))) as archive:
        assert archive.getnames() == ["a.jpg", "a.xml"]


def test_folder__labels_only_leaves_images_but_not_masks(tmp_path: Path) -> None:
    for name in ("images/a.jpg", "masks/a.png", "a.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    packed = pack(tmp_path, labels_only=True)
    with tarfile.open(fileobj=io.BytesIO(packed.read(0, packed.size_bytes))) as archive:
        assert sorted(archive.getnames()) == ["a.json", "masks/a.png"]


def test_fingerprint__another_content_is_another(folder: Path, tmp_path: Path) -> None:
    assert pack(folder).fingerprint == pack(folder).fingerprint
    (tmp_path / "a.jpg").write_bytes(b"a")
    before = pack(tmp_path).fingerprint
    (tmp_path / "a.jpg").write_bytes(b"bb")
    assert pack(tmp_path).fingerprint != before


def test_pack__an_archive_goes_as_it_is_and_a_single_file_in_a_tar(tmp_path: Path) -> None:
    archive, labels = tmp_path / "x.zip", tmp_path / "labels.csv"
    archive.write_bytes(b"PK\x05\x06" + bytes(18))
    labels.write_bytes(b"filename,class\n")
    packed = pack(archive)
    assert isinstance(packed, ArchiveFile) and packed.read(0, 99) == archive.read_bytes()
    packed = pack(labels)
    assert isinstance(packed, FolderTar) and packed.filename == "labels.csv"
    with tarfile.open(fileobj=io.BytesIO(packed.read(0, packed.size_bytes))) as tar:
        assert tar.getnames() == ["labels.csv"]


def test_pack__nothing_there_and_nothing_in_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no file or folder"):
        pack(tmp_path / "missing")
    with pytest.raises(ValueError, match="no images and no labels"):
        pack(tmp_path)


def test_folder__a_file_that_shrank_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x" * 100)
    packed = pack(tmp_path)
    (tmp_path / "a.jpg").write_bytes(b"x")
    with pytest.raises(OSError, match="became shorter"):
        packed.read(0, packed.size_bytes)
