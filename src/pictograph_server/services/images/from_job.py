"""Images that a job makes or fetches: their bytes are put first, then they get rows in the job's own transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from sqlalchemy import Connection

from pictograph_server.platform import Platform

from . import blobs, repository
from .blobs import put_bytes
from .content import ContentLimits, ImageFacts, check_image
from .paths import InvalidPath, check_filename, normalise_folder
from .registration import Candidate, Registered, register

# How many names are tried for an image whose own is taken by another.
_NAMES = 20


@dataclass(frozen=True, slots=True)
class JobImage:
    """An image whose bytes are stored and that waits for its row; the bytes are kept in case they are removed again."""

    candidate: Candidate
    data: bytes


def store(
    platform: Platform, folder_path: str, filename: str, data: bytes, facts: ImageFacts | None = None
) -> JobImage:
    """Put the bytes under their hash. Without `facts`, the image is checked like one that a client sends.

    Raises:
        InvalidPath, and what `check_image` refuses.
    """
    folder, name = normalise_folder(folder_path), check_filename(filename)
    if facts is None:
        facts = check_image(data, name, ContentLimits.of(platform.settings.limits))
    return JobImage(Candidate(folder, name, put_bytes(platform.blobs, data), len(data), facts), data)


def present(conn: Connection, dataset_id: str, paths: Sequence[tuple[str, str]]) -> list[bool]:
    """Return for each (folder, file name) whether the dataset has an image there; no name that cannot be is there."""
    asked = [_path_or_none(folder, filename) for folder, filename in paths]
    taken = repository.taken_paths(conn, dataset_id, [path for path in asked if path is not None])
    return [path is not None and path in taken for path in asked]


def add(
    conn: Connection, organization_id: str, dataset_id: str, images: Sequence[JobImage], *, what: str
) -> list[Registered]:
    """Give the images rows in the caller's transaction and answer in their order; call `put_back` after the commit.

    `what` adds them, for a refusal: "The import".
    What is there with the same bytes stays. An image whose name is taken by another one gets a number: `a-2.jpg`.

    Raises:
        LimitExceeded: the organisation is full.
        DatasetNotFound: the dataset is gone.
    """
    done: dict[int, Registered] = {}
    waiting = {number: image.candidate for number, image in enumerate(images)}
    for attempt in range(1, _NAMES + 1):
        answers = register(conn, organization_id, dataset_id, list(waiting.values()), what=what)
        taken: dict[int, Candidate] = {}
        for (number, candidate), answer in zip(list(waiting.items()), answers, strict=True):
            if not isinstance(answer, Registered):
                raise answer
            if answer.state == "different" and attempt < _NAMES:
                taken[number] = _renamed(candidate, images[number].candidate.filename, attempt + 1)
            else:
                done[number] = answer
        waiting = taken
        if not waiting:
            break
    return [done[number] for number in range(len(images))]


def put_back(platform: Platform, images: Sequence[JobImage]) -> None:
    """Put the bytes again that somebody's deletion removed between our putting them and the commit."""
    for image in images:
        blobs.put_back(platform.blobs, image.candidate.sha256, lambda image=image: image.data)


def _path_or_none(folder_path: str, filename: str) -> tuple[str, str] | None:
    try:
        return normalise_folder(folder_path), check_filename(filename)
    except InvalidPath:
        return None


def _renamed(candidate: Candidate, filename: str, number: int) -> Candidate:
    path = PurePosixPath(filename)
    return replace(candidate, filename=f"{path.stem}-{number}{path.suffix}")
