"""Archives of strangers: what of them is read, what is left out with which words, and what is refused as a whole."""

import gzip
import io
import struct
import tarfile
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pictograph.formats.packed import (
    BadArchive,
    PackedLimits,
    PackedSource,
    UnreadableMember,
    checked_name,
    open_packed,
)

FILES = {"a.txt": b"one", "b/c d.txt": b"two" * 1000, "b/ü.txt": b""}


def zipped(files: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(files: Mapping[str, bytes], format: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as archive:
        for name, data in files.items():
            add(archive, name, data)
    return buffer.getvalue()


def tar_gzipped(files: Mapping[str, bytes]) -> bytes:
    return gzip.compress(tarred(files))


def add(archive: tarfile.TarFile, name: str, data: bytes = b"", **fields: object) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    archive.addfile(info, io.BytesIO(data))


def opened(data: bytes, folder: Path, limits: PackedLimits | None = None) -> PackedSource:
    return open_packed(io.BytesIO(data), scratch=folder, limits=limits or PackedLimits())


def contents(source: PackedSource) -> dict[str, bytes]:
    return {name: source.read(name) for name in source.names()}


def reasons(source: PackedSource) -> dict[str, str]:
    return {skipped.path: skipped.reason for skipped in source.skipped}


@pytest.mark.parametrize(
    "pack",
    [
        zipped,
        partial(zipped, compression=zipfile.ZIP_STORED),
        partial(zipped, compression=zipfile.ZIP_BZIP2),
        tarred,
        partial(tarred, format=tarfile.GNU_FORMAT),
        tar_gzipped,
    ],
    ids=["zip", "zip stored", "zip bzip2", "tar", "tar gnu", "tar.gz"],
)
def test_open__every_kind_by_its_content(pack: Callable[[Mapping[str, bytes]], bytes], tmp_path: Path) -> None:
    source = opened(pack(FILES), tmp_path)
    assert contents(source) == FILES
    assert {name: source.size(name) for name in source.names()} == {name: len(data) for name, data in FILES.items()}
    assert source.skipped == ()


def test_open__tar_gz_is_unpacked_once(tmp_path: Path) -> None:
    data = gzip.compress(tarred(FILES))
    opened(data, tmp_path)
    [unpacked] = list(tmp_path.iterdir())
    before = unpacked.stat().st_mtime_ns
    assert contents(opened(data, tmp_path)) == FILES
    assert unpacked.stat().st_mtime_ns == before


EVIL_NAMES = {
    "../up.txt": "climbs",
    "a/../../up.txt": "climbs",
    "..\\up.txt": "climbs",
    "/etc/passwd": "absolute",
    "C:\\windows\\x.txt": "absolute",
    "\\\\server\\share.txt": "absolute",
    "a\nb.txt": "control",
    "inner.zip": "archive inside",
    "inner.tar.gz": "archive inside",
}


@pytest.mark.parametrize("pack", [zipped, tarred], ids=["zip", "tar"])
def test_names__evil_ones_are_left_out_with_words(pack: Callable[[Mapping[str, bytes]], bytes], tmp_path: Path) -> None:
    source = opened(pack({**dict.fromkeys(EVIL_NAMES, b"evil"), "good.txt": b"good"}), tmp_path)
    assert contents(source) == {"good.txt": b"good"}
    told = [skipped.reason for skipped in source.skipped]
    assert len(told) == len(EVIL_NAMES)
    assert [word for word, reason in zip(EVIL_NAMES.values(), told, strict=True) if word not in reason] == []


def test_names__windows_separators_and_systems_notes(tmp_path: Path) -> None:
    files = {"a\\b\\c.txt": b"c", "__MACOSX/._c.txt": b"", "d/.DS_Store": b"", "Thumbs.db": b"", "./e.txt": b"e"}
    source = opened(tarred(files), tmp_path)
    assert contents(source) == {"a/b/c.txt": b"c", "e.txt": b"e"} and source.skipped == ()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_names__the_second_of_a_name_is_left_out(kind: str, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("a.txt", b"first")
            archive.writestr("a.txt", b"second")
    else:
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            add(tar, "a.txt", b"first")
            add(tar, "./a.txt", b"second")
    source = opened(buffer.getvalue(), tmp_path)
    assert contents(source) == {"a.txt": b"first"}
    assert "came before" in reasons(source)["a.txt"]


def test_names__in_odd_encodings(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT, encoding="cp1252") as archive:
        add(archive, "Straße.txt", b"1")
    assert contents(opened(buffer.getvalue(), tmp_path)) == {"Straße.txt": b"1"}
    # UTF-8 without the flag that says so, as many programs write it.
    data = zipped({"Xtraße.txt": b"1"})
    name = "Xtraße.txt".encode()
    position = data.index(b"PK\x01\x02")
    flags = struct.unpack_from("<H", data, position + 8)[0]
    patched = bytearray(data)
    struct.pack_into("<H", patched, position + 8, flags & ~0x800)
    struct.pack_into("<H", patched, 6, flags & ~0x800)
    assert name in patched
    assert contents(opened(bytes(patched), tmp_path)) == {"Xtraße.txt": b"1"}


def test_tar__links_and_devices_are_left_out(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        add(archive, "soft.txt", type=tarfile.SYMTYPE, linkname="/etc/passwd")
        add(archive, "hard.txt", type=tarfile.LNKTYPE, linkname="good.txt")
        add(archive, "pipe", type=tarfile.FIFOTYPE)
        add(archive, "disk", type=tarfile.BLKTYPE)
        add(archive, "good.txt", b"good")
    source = opened(buffer.getvalue(), tmp_path)
    assert contents(source) == {"good.txt": b"good"}
    words = {"soft.txt": "link", "hard.txt": "link", "pipe": "plain file", "disk": "plain file"}
    assert {name: word in reasons(source)[name] for name, word in words.items()} == dict.fromkeys(words, True)


def test_zip__links_and_encrypted_files_are_left_out(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("secret.txt", b"secret")
        archive.writestr("good.txt", b"good")
    data = bytearray(buffer.getvalue())
    position = data.index(b"secret.txt", data.index(b"PK\x01\x02")) - 46
    data[position + 8] |= 1
    source = opened(bytes(data), tmp_path)
    assert contents(source) == {"good.txt": b"good"}
    assert reasons(source) == {"link.txt": "it is a link", "secret.txt": "it is encrypted"}


def test_zip__all_encrypted_is_refused(tmp_path: Path) -> None:
    data = bytearray(zipped({"secret.txt": b"secret"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(BadArchive, match="encrypted") as caught:
        opened(bytes(data), tmp_path)
    assert "password" in caught.value.fix


SMALL = PackedLimits(files=3, unpacked_bytes=100_000, times=100)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(zipped({"zeros": bytes(200_000)}), "unpack to more than", id="zip bomb"),
        pytest.param(gzip.compress(tarred({"zeros": bytes(200_000)})), "unpack to more than", id="gz bomb"),
        pytest.param(zipped({f"{n}": b"" for n in range(4)}), "more than 3 files", id="zip of many"),
        pytest.param(tarred({f"{n}": b"" for n in range(4)}), "more than 3 files", id="tar of many"),
        pytest.param(zipped(FILES)[:-30], "damaged or cut short", id="zip cut short"),
        pytest.param(tarred({"a": b"x" * 5000})[:3000], "damaged", id="tar cut short"),
        pytest.param(gzip.compress(tarred(FILES))[:-40], "damaged or cut short", id="gz cut short"),
        pytest.param(b"7z\xbc\xaf\x27\x1c" + bytes(600), "7z are not read", id="7z"),
        pytest.param(b"Rar!\x1a\x07" + bytes(600), "rar are not read", id="rar"),
        pytest.param(b"\xfd7zXZ\0" + bytes(600), "xz are not read", id="xz"),
        pytest.param(b"no archive at all " * 60, "no zip and no tar", id="text"),
    ],
)
def test_open__refused_with_words(data: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(BadArchive, match=words) as caught:
        opened(data, tmp_path, SMALL)
    assert caught.value.fix
    assert list(tmp_path.iterdir()) == []


def test_zip__members_that_overlap_are_refused(tmp_path: Path) -> None:
    """A directory whose entries all name the same bytes: a bomb without a nested archive."""
    data = zipped({"a" * 8: bytes(50_000)}, zipfile.ZIP_STORED)
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry = data[start:end]
    entries = b"".join(entry.replace(b"a" * 8, f"{number:08}".encode()) for number in range(3))
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 3, 3, len(entries), start, 0)
    with pytest.raises(BadArchive, match="overlap"):
        opened(data[:start] + entries + tail, tmp_path)


def test_zip__a_size_that_lies_reads_no_more_than_it_says(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.txt": bytes(500_000)}))
    struct.pack_into("<L", data, data.index(b"PK\x01\x02") + 24, 10)
    source = opened(bytes(data), tmp_path)
    with pytest.raises(UnreadableMember, match=r"a\.txt is damaged"):
        source.read("a.txt")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2], ids=["deflate", "bzip2"])
def test_zip__a_member_that_hides_its_size_is_not_unpacked_whole(method: int, tmp_path: Path) -> None:
    hidden = 64 * 1024 * 1024
    data = bytearray(zipped({"a.json": bytes(hidden)}, compression=method))
    # The unpacked size, in the local header and in the directory.
    struct.pack_into("<L", data, data.index(b"PK\x03\x04") + 22, 10)
    struct.pack_into("<L", data, data.index(b"PK\x01\x02") + 24, 10)
    source = opened(bytes(data), tmp_path)
    assert source.size("a.json") == 10
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableMember, match="more than it says"):
            source.read("a.json")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < hidden / 8


def test_zip__a_damaged_member_leaves_the_others(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.txt": b"a" * 500, "b.txt": b"b"}, zipfile.ZIP_STORED))
    data[100] ^= 0xFF
    source = opened(bytes(data), tmp_path)
    assert source.read("b.txt") == b"b"
    with pytest.raises(UnreadableMember):
        source.read("a.txt")


@pytest.mark.parametrize("size", [-512, 10**15])
def test_tar__a_header_that_lies_about_its_size_is_refused(size: int, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        add(archive, "a.txt", b"", pax_headers={"size": str(size)})
    with pytest.raises(BadArchive):
        opened(buffer.getvalue(), tmp_path)


@settings(deadline=None)
@given(name=st.text(max_size=40))
def test_checked_name__never_climbs_and_is_never_absolute(name: str) -> None:
    safe, why_not = checked_name(name)
    if why_not is None:
        assert safe and not safe.startswith("/")
        assert not {"", ".", ".."} & set(safe.split("/"))
        assert "\\" not in safe and "\0" not in safe
        assert (Path("/base") / safe).resolve().is_relative_to("/base")


@settings(deadline=None)
@given(data=st.binary(max_size=600), head=st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08"]))
def test_open__noise_is_refused_or_read_never_worse(data: bytes, head: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            source = opened(head + data, Path(folder))
        except BadArchive:
            return
        for name in source.names():
            source.size(name)
