"""Whatever is done in bulk and in which order: the counters equal a recount, and no two images have one name."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select
from tests.conftest import make_organization
from tests.many_images import add_images

from pictograph.models.batch import DuplicateHandling
from pictograph.models.image import ImageStatus
from pictograph_server.actor import Actor
from pictograph_server.errors import NotFound
from pictograph_server.platform import Platform
from pictograph_server.services.batch import bulk, copying, service, trash
from pictograph_server.services.batch.copying import CopyRequest
from pictograph_server.services.batch.service import ImageChanges
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images import tallies_repository
from pictograph_server.storage.db.tables import datasets as dataset_table
from pictograph_server.storage.db.tables import images

NAMES = ("one", "two")
FOLDERS = ("/", "/a", "/a/b", "/c")
HANDLINGS: tuple[DuplicateHandling, ...] = ("rename", "skip", "overwrite")


@dataclass(frozen=True)
class Chances:
    """What an operation is done with, whatever it is."""

    folder: str
    target: str
    handling: DuplicateHandling
    yes: bool
    status: ImageStatus | None
    archived: bool | None
    other_dataset: str | None


Operation = Callable[[Connection, Actor, str, list[str], Chances], object]


def _copy(conn: Connection, actor: Actor, name: str, ids: list[str], by: Chances) -> None:
    copying.copy(conn, actor, name, ids, CopyRequest(by.target, by.handling, by.yes, by.other_dataset))


def _update(conn: Connection, actor: Actor, name: str, ids: list[str], by: Chances) -> None:
    service.update(conn, actor, name, ids, ImageChanges(status=by.status, is_archived=by.archived))


OPERATIONS: dict[str, Operation] = {
    "move": lambda conn, actor, name, ids, by: service.move(conn, actor, name, ids, by.target, by.handling),
    "copy": _copy,
    "delete": lambda conn, actor, name, ids, by: service.delete(conn, actor, name, ids, permanent=by.yes),
    "update": _update,
    "restore": lambda conn, actor, name, ids, by: trash.restore(conn, actor, name, ids, by.handling),
    "restore all": lambda conn, actor, name, ids, by: bulk.restore_all(conn, actor, name, by.handling),
    "empty trash": lambda conn, actor, name, ids, by: bulk.empty_trash(conn, actor, name),
    "move folder": lambda conn, actor, name, ids, by: bulk.move_folder(
        conn, actor, name, by.folder, by.target, by.handling
    ),
    "delete folder": lambda conn, actor, name, ids, by: bulk.delete_folder(
        conn, actor, name, by.folder, permanent=by.yes
    ),
}
chances = st.builds(
    Chances,
    folder=st.sampled_from(FOLDERS),
    target=st.sampled_from([*FOLDERS, "/d", "/c/e"]),
    handling=st.sampled_from(HANDLINGS),
    yes=st.booleans(),
    status=st.sampled_from([None, "new", "review", "complete"]),
    archived=st.sampled_from([None, True, False]),
    other_dataset=st.sampled_from([None, *NAMES]),
)
steps = st.lists(
    st.tuples(
        st.sampled_from(sorted(OPERATIONS)),
        chances,
        st.sampled_from(NAMES),
        st.lists(st.integers(0, 30), min_size=1, max_size=8),
    ),
    max_size=8,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_random_bulk_operations__counters_equal_a_recount(
    platform: Platform, steps: list[tuple[str, Chances, str, list[int]]]
) -> None:
    # One platform for all examples, and an organisation for each.
    organization_id = make_organization(platform)
    actor = Actor(organization_id, "a-key", "owner", "somebody")
    with platform.db.write() as conn:
        made = {name: datasets.create(conn, organization_id, name=name).id for name in NAMES}
    for dataset_id in made.values():
        add_images(platform, organization_id, dataset_id, 6, folders=FOLDERS, annotations_each=2)
    for operation, by, name, numbers in steps:
        with platform.db.write() as conn:
            ids = list(conn.scalars(select(images.c.id).where(images.c.dataset_id == made[name])))
            if ids:
                with suppress(NotFound, bulk.FolderCannotMove):
                    OPERATIONS[operation](conn, actor, name, [ids[number % len(ids)] for number in numbers], by)
    with platform.db.read() as conn:
        for dataset_id in made.values():
            _check(conn, dataset_id)


def _check(conn: Connection, dataset_id: str) -> None:
    table = dataset_table.c
    kept = conn.execute(
        select(
            table.image_count, table.completed_image_count, table.archived_image_count, table.total_size_bytes
        ).where(table.id == dataset_id)
    ).one()
    present = ~images.c.is_archived
    real = conn.execute(
        select(
            func.count().filter(present),
            func.count().filter(present, images.c.status == "complete"),
            func.count().filter(images.c.is_archived),
            func.coalesce(func.sum(images.c.file_size_bytes).filter(present), 0),
        ).where(images.c.dataset_id == dataset_id)
    ).one()
    assert tuple(kept) == tuple(real)
    assert tallies_repository.places(conn, dataset_id) == dict(tallies_repository.places_of(conn, dataset_id, None))
    classes = tallies_repository.classes(conn, dataset_id)
    counted = tallies_repository.classes_of(conn, dataset_id, None)
    assert {name: tally for name, tally in classes.items() if tally.image_count} == counted
    names = conn.execute(
        select(images.c.folder_path, images.c.filename).where(images.c.dataset_id == dataset_id, present)
    ).all()
    assert len(names) == len(set(names))
