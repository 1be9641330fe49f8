"""Whatever is done in bulk and in which order: the counters equal a recount, and no two images have one name."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select
from tests.conftest import make_organization
from tests.many_images import add_images

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
Operation = Callable[[Connection, Actor, str, list[str]], object]


def _copy(**request: Any) -> Operation:
    return lambda conn, actor, name, ids: copying.copy(conn, actor, name, ids, CopyRequest(**request))


handlings = st.sampled_from(["rename", "skip", "overwrite"])
folders = st.sampled_from(FOLDERS)
operations: st.SearchStrategy[Operation] = st.one_of(
    st.builds(lambda to, how: lambda c, a, n, ids: service.move(c, a, n, ids, to, how), folders, handlings),
    st.builds(
        _copy,
        target_folder_path=folders,
        handling=handlings,
        copy_annotations=st.booleans(),
        target_dataset_name=st.sampled_from([None, *NAMES]),
    ),
    st.builds(lambda gone: lambda c, a, n, ids: service.delete(c, a, n, ids, permanent=gone), st.booleans()),
    st.builds(
        lambda status, archived: (
            lambda c, a, n, ids: service.update(c, a, n, ids, ImageChanges(status=status, is_archived=archived))
        ),
        st.sampled_from([None, "new", "review", "complete"]),
        st.sampled_from([None, True, False]),
    ),
    st.builds(lambda how: lambda c, a, n, ids: trash.restore(c, a, n, ids, how), handlings),
    st.builds(lambda how: lambda c, a, n, _ids: bulk.restore_all(c, a, n, how), handlings),
    st.just(lambda c, a, n, _ids: bulk.empty_trash(c, a, n)),
    st.builds(
        lambda old, new, how: lambda c, a, n, _ids: bulk.move_folder(c, a, n, old, new, how),
        st.sampled_from(["/a", "/a/b", "/c"]),
        st.sampled_from(["/", "/d", "/c/e"]),
        handlings,
    ),
    st.builds(
        lambda f, gone: lambda c, a, n, _ids: bulk.delete_folder(c, a, n, f, permanent=gone), folders, st.booleans()
    ),
)
steps = st.lists(
    st.tuples(operations, st.sampled_from(NAMES), st.lists(st.integers(0, 30), min_size=1, max_size=8)), max_size=8
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_random_bulk_operations__counters_equal_a_recount(
    platform: Platform, steps: list[tuple[Operation, str, list[int]]]
) -> None:
    # One platform for all examples, and an organisation for each.
    organization_id = make_organization(platform)
    actor = Actor(organization_id, "a-key", "owner", "somebody")
    with platform.db.write() as conn:
        made = {name: datasets.create(conn, organization_id, name=name).id for name in NAMES}
    for dataset_id in made.values():
        add_images(platform, organization_id, dataset_id, 6, folders=FOLDERS, annotations_each=2)
    for operation, name, numbers in steps:
        with platform.db.write() as conn:
            ids = list(conn.scalars(select(images.c.id).where(images.c.dataset_id == made[name])))
            if ids:
                with suppress(NotFound, bulk.FolderCannotMove):
                    operation(conn, actor, name, [ids[number % len(ids)] for number in numbers])
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
