"""The history of an image's annotations: who saved what when, and any state of it brought back."""

from collections.abc import Sequence
from itertools import zip_longest

from sqlalchemy import Connection

from pictograph.models.annotation_history import AnnotationVersion
from pictograph_server.actor import Actor
from pictograph_server.errors import NotFound
from pictograph_server.services.audit import service as audit
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images import service as images
from pictograph_server.services.images.records import ImageRecord

from . import class_changes_repository, history_repository, repository
from .documents import AnnotationJson
from .from_job import register_classes
from .history_repository import Author, State
from .provenance import Provenance
from .renaming import renamed
from .repository import Stored
from .service import SaveOutcome, StaleAnnotations
from .status import after_save

_UPLOADED = "uploaded"


class AnnotationVersionNotFound(NotFound):
    code = "annotation_version_not_found"

    def __init__(self, image: ImageRecord, version: int | str) -> None:
        super().__init__(
            f"The annotations of {image.filename!r} have no version {version}",
            why=f"they are at version {image.annotation_version}, and the newest "
            f"{history_repository.KEEP_VERSIONS} before it are kept",
            fix="See those there are with `client.annotations.history(image_id)`",
        )


def history(
    conn: Connection, organization_id: str, image_id: str, *, before: int | None, limit: int
) -> list[AnnotationVersion]:
    """Return the states of an image's annotations, the current one first; with `before`, those older than a version.

    Raises:
        ImageNotFound: 404.
    """
    image = images.get(conn, organization_id, image_id)
    # One more than is shown: the last one is compared with what was before it.
    states = _states(conn, image, before=before, limit=limit + 1)
    return [_to_wire(image, state, older) for state, older in zip_longest(states[:limit], states[1:])]


def at_version(
    conn: Connection, organization_id: str, image_id: str, version: int | str
) -> tuple[AnnotationVersion, State]:
    """Return a state and what is said about it.

    Raises:
        ImageNotFound, AnnotationVersionNotFound: 404.
    """
    image = images.get(conn, organization_id, image_id)
    number = _number(version)
    states = [] if number is None else _states(conn, image, before=number + 1, limit=2)
    if not states or states[0].version != number:
        raise AnnotationVersionNotFound(image, version)
    return _to_wire(image, states[0], states[1] if len(states) > 1 else None), states[0]


def restore(
    conn: Connection, actor: Actor, image_id: str, version: int, *, expected_version: int | None = None
) -> SaveOutcome:
    """Make an image's annotations what they were at a version, as a new version; that of who made them stays.

    Classes that were renamed or merged since have their names of today; those that were deleted come back. The version
    that is in force already is left as it is.

    Raises:
        ImageNotFound, AnnotationVersionNotFound: 404.
        StaleAnnotations: 409, `expected_version` is given and not the current one.
    """
    image = images.lock(conn, actor.organization_id, image_id)
    if expected_version is not None and expected_version != image.annotation_version:
        raise StaleAnnotations(image, expected_version)
    _, state = at_version(conn, actor.organization_id, image_id, version)
    if version == image.annotation_version:
        return SaveOutcome(image.annotation_count, image.annotation_count, image.status, version)
    later = class_changes_repository.later_renamings(conn, image.dataset_id, state.saved_at)
    documents = renamed(state.documents, later)
    stored = Stored(documents, {key: Provenance.from_json(value) for key, value in state.provenance.items()})
    register_classes(conn, image.dataset_id, documents)
    status = after_save(
        image.status,
        image.status_set_by,
        count=len(documents),
        is_machine_work=all(origin.is_untouched_machine_work for origin in stored.provenance.values()),
        review_required=datasets.is_review_required(conn, image.dataset_id),
    )
    is_new = repository.get(conn, image_id) is None
    author = Author(actor.maker, actor.name, f"version {version} restored")
    repository.put(conn, actor.organization_id, image_id, stored, is_new=is_new, author=author)
    new_version = image.annotation_version + 1
    images.set_annotation_state(conn, image, count=len(documents), version=new_version, status=status)
    audit.record(
        conn,
        actor,
        "annotations.restored",
        subject_id=image.id,
        subject_name=image.path,
        details={"version": version, "annotations": len(documents)},
    )
    return SaveOutcome(image.annotation_count, len(documents), status[0], new_version)


def _states(conn: Connection, image: ImageRecord, *, before: int | None, limit: int) -> list[State]:
    """Return states newest first, with the empty one that an image begins with where it is still known."""
    found: list[State] = []
    current = image.annotation_version
    if before is None or before > current:
        state = history_repository.current(conn, image.id, current)
        found += [state] if state is not None else []
    if len(found) < limit:
        oldest_wanted = current if before is None else min(before, current)
        found += history_repository.page(conn, image.id, before=oldest_wanted, limit=limit - len(found))
    if len(found) < limit and _is_beginning_next(conn, image, found, before):
        found.append(State(0, (), {}, Author(note=_UPLOADED), image.created_at))
    return found


def _is_beginning_next(conn: Connection, image: ImageRecord, found: Sequence[State], before: int | None) -> bool:
    """Return whether the image as it was uploaded follows: the first save replaced nothing, so no row was kept."""
    if found:
        return found[-1].version == 1
    if before is None:
        return image.annotation_version == 0
    return before == 1 and (image.annotation_version == 1 or history_repository.find(conn, image.id, 1) is not None)


def _number(version: int | str) -> int | None:
    """Return the version an address names; None for what is no number, or none that the column holds."""
    number = int(version) if isinstance(version, int) or (version.isascii() and version.isdecimal()) else -1
    return number if 0 <= number < 2**31 - 1 else None


def _to_wire(image: ImageRecord, state: State, before: State | None) -> AnnotationVersion:
    added, changed, removed = _compared(() if before is None else before.documents, state.documents)
    return AnnotationVersion(
        version=state.version,
        is_current=state.version == image.annotation_version,
        saved_at=state.saved_at,
        saved_by=state.author.by,
        saved_by_name=state.author.name,
        note=state.author.note,
        annotation_count=len(state.documents),
        # Nothing is known of what was before the oldest one that is kept.
        added=added if before is not None else 0,
        changed=changed if before is not None else 0,
        removed=removed if before is not None else 0,
    )


def _compared(before: Sequence[AnnotationJson], after: Sequence[AnnotationJson]) -> tuple[int, int, int]:
    """Return how many annotations were added, changed and removed."""
    old = {document["id"]: document for document in before}
    new = {document["id"]: document for document in after}
    changed = sum(key in old and old[key] != document for key, document in new.items())
    return len(new.keys() - old.keys()), changed, len(old.keys() - new.keys())
