"""Many images in one request: which of a folder's files are there already, and a tar of those that are not."""

import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from sqlalchemy import Connection

from pictograph_server.actor import Actor
from pictograph_server.errors import BadRequest, ServiceError
from pictograph_server.platform import Platform
from pictograph_server.services.datasets import service as datasets

from . import from_job, repository
from .blobs import put_back
from .content import ContentLimits, FileTooLarge, check_image
from .paths import InvalidPath, check_filename, normalise_folder, printable, split_member
from .registration import Candidate, LimitExceeded, Registered, register

MAX_MEMBERS = 10_000

Presence = Literal["absent", "same", "different"]
MemberState = Literal["created", "same", "different", "failed"]


@dataclass(frozen=True, slots=True)
class MemberResult:
    """What became of one member of a bundle. `reason` and `code` are set when it failed."""

    folder_path: str
    filename: str
    state: MemberState
    image_id: str | None = None
    reason: str | None = None
    code: str | None = None


class BadBundle(BadRequest):
    code = "bad_bundle"

    def __init__(self, why: str) -> None:
        super().__init__(
            "The bundle could not be read", why=why, fix="Send one uncompressed tar with members <folder>/<filename>"
        )


class BadMember(BadRequest):
    code = "bad_member"


def presence(
    conn: Connection, organization_id: str, dataset_id: str, files: Sequence[tuple[str, str, str]]
) -> list[Presence]:
    """Return for each (folder_path, filename, sha256) whether the dataset has it, and with the same bytes.

    A path that cannot be stored is absent; the upload will say why.
    """
    datasets.get_by_id(conn, organization_id, dataset_id)
    wanted = [(_path_or_none(folder, filename), sha256.lower()) for folder, filename, sha256 in files]
    taken = repository.taken_paths(conn, dataset_id, [path for path, _sha256 in wanted if path is not None])
    return [_presence(None if path is None else taken.get(path), sha256) for path, sha256 in wanted]


def add_bundle(platform: Platform, actor: Actor, dataset_id: str, tar: Path) -> list[MemberResult]:
    """Store the images of an uncompressed tar and return what became of each member, in their order.

    One bad member does not fail the others. Bytes are stored before the one transaction that names them.

    Raises:
        DatasetNotFound: 404.
        BadBundle: 400, the file is no tar, or is cut short.
    """
    with platform.db.read() as conn:
        datasets.get_by_id(conn, actor.organization_id, dataset_id)
    with tar.open("rb") as file:
        members = _read_members(file, platform)
        present = [member.candidate for member in members if member.candidate is not None]
        with platform.db.write() as conn:
            answers = register(conn, actor.organization_id, dataset_id, present)
        _put_back_missing(platform, members, answers, file)
    by_member = iter(answers)
    return [
        member.failure if member.failure is not None else _result(member.candidate, next(by_member))
        for member in members
        if member.failure is not None or member.candidate is not None
    ]


@dataclass(frozen=True, slots=True)
class _Member:
    """A member as read: a candidate and where its bytes lie in the tar, or what is wrong with it."""

    offset: int
    candidate: Candidate | None = None
    failure: MemberResult | None = None


def _read_members(file: IO[bytes], platform: Platform) -> list[_Member]:
    limits = ContentLimits.of(platform.settings.limits)
    return [_read_member(file, entry, platform, limits) for entry in _entries(file)]


def _entries(file: IO[bytes]) -> Iterator[tarfile.TarInfo]:
    """Yield everything in the tar but its folders."""
    try:
        with tarfile.open(fileobj=file, mode="r:", errors="surrogateescape") as archive:
            for count, entry in enumerate(archive, start=1):
                if count > MAX_MEMBERS:
                    raise BadBundle(f"it has more than {MAX_MEMBERS:,} members")
                if not entry.isdir():
                    yield entry
    except (tarfile.TarError, ValueError, EOFError, OverflowError) as error:
        raise BadBundle(str(error) or type(error).__name__) from error


def _read_member(file: IO[bytes], entry: tarfile.TarInfo, platform: Platform, limits: ContentLimits) -> _Member:
    try:
        if entry.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or entry.issparse():
            raise BadMember(
                f"{printable(entry.name)!r} is no plain file", fix="Bundles hold files, not links or devices"
            )
        folder_path, filename = split_member(entry.name)
        if entry.size > limits.max_bytes:
            raise FileTooLarge(filename, limits.max_bytes)
        data = _bytes_at(file, entry.offset_data, entry.size)
        facts = check_image(data, filename, limits)
        image = from_job.store(platform, folder_path, filename, data, facts)
        return _Member(entry.offset_data, candidate=image.candidate)
    except ServiceError as error:
        folder, _, name = printable(entry.name).rpartition("/")
        failure = MemberResult("/" + folder.strip("/"), name, "failed", reason=error.message, code=error.code)
        return _Member(entry.offset_data, failure=failure)


def _put_back_missing(
    platform: Platform, members: Sequence[_Member], answers: Sequence[Registered | LimitExceeded], file: IO[bytes]
) -> None:
    """Put the bytes again that somebody's deletion removed between our putting them and our commit."""
    checked = [member for member in members if member.candidate is not None]
    for member, answer in zip(checked, answers, strict=True):
        candidate = member.candidate
        if candidate is None or not isinstance(answer, Registered) or answer.state != "created":
            continue
        offset, size = member.offset, candidate.size_bytes
        put_back(platform.blobs, candidate.sha256, lambda offset=offset, size=size: _bytes_at(file, offset, size))


def _bytes_at(file: IO[bytes], offset: int, size: int) -> bytes:
    file.seek(offset)
    data = file.read(size)
    if len(data) != size:
        raise BadBundle("it is cut short")
    return data


def _result(candidate: Candidate | None, answer: Registered | LimitExceeded) -> MemberResult:
    assert candidate is not None
    if isinstance(answer, Registered):
        return MemberResult(candidate.folder_path, candidate.filename, answer.state, answer.image_id)
    return MemberResult(candidate.folder_path, candidate.filename, "failed", reason=answer.message, code=answer.code)


def _path_or_none(folder_path: str, filename: str) -> tuple[str, str] | None:
    try:
        return normalise_folder(folder_path), check_filename(filename)
    except InvalidPath:
        return None


def _presence(taken: tuple[str, str] | None, sha256: str) -> Presence:
    if taken is None:
        return "absent"
    return "same" if taken[1] == sha256 else "different"
