"""Pages by offset against a plain list of all images, while images come, go and change their status."""

import random
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.conftest import make_organization
from tests.many_images import add_images
from tests.postgres import own_database

from pictograph_server.platform import Platform, open_platform
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images import service as images
from pictograph_server.services.images.records import AnnotationState
from pictograph_server.settings import Settings

COUNT = 4000


@pytest.fixture
def large(tmp_path: Path) -> Generator[tuple[Platform, str, str]]:
    """A platform, an organisation, and its dataset of images of four statuses in turn."""
    with own_database() as url:
        platform = open_platform(Settings(data_dir=tmp_path, database_url=url), migrate_database=True)
        organization_id = make_organization(platform)
        with platform.db.write() as conn:
            dataset_id = datasets.create(conn, organization_id, name="large").id
        add_images(platform, organization_id, dataset_id, COUNT, folders=("/", "/a"))
        yield platform, organization_id, dataset_id
        platform.close()


def check_pages(platform: Platform, dataset_id: str, chance: random.Random) -> None:
    """Compare pages anywhere in the list of all, and of one status, with a slice of what there is."""
    with platform.db.read() as conn:
        everything = list(images.list_for_export(conn, dataset_id, None))[::-1]
        for status in (None, "review"):
            ids = [each.id for each in everything if status in (None, each.status)]
            for offset in [0, len(ids) - 1, len(ids), *(chance.randrange(len(ids)) for _ in range(12))]:
                page = images.list_page(conn, dataset_id, limit=7, offset=offset, status_filter=status)
                assert [each.id for each in page] == ids[offset : offset + 7]


def test_list_page__anywhere_before_and_after_every_change(large: tuple[Platform, str, str]) -> None:
    platform, organization_id, dataset_id = large
    chance = random.Random(3)
    check_pages(platform, dataset_id, chance)
    # Between two starts that are remembered.
    check_pages(platform, dataset_id, chance)
    with platform.db.read() as conn:
        first, second, *others = chance.sample(list(images.list_for_export(conn, dataset_id, None)), 10)
    with platform.db.write() as conn:
        images.archive(conn, organization_id, first.id)
    check_pages(platform, dataset_id, chance)
    with platform.db.write() as conn:
        images.remove(conn, organization_id, second.id)
    check_pages(platform, dataset_id, chance)
    with platform.db.write() as conn:
        for image in others:
            images.set_status(conn, organization_id, image.id, "review")
    check_pages(platform, dataset_id, chance)
    add_images(platform, organization_id, dataset_id, 5, folders=("/new",))
    check_pages(platform, dataset_id, chance)


def test_list_page__two_images_that_exchange_their_statuses(large: tuple[Platform, str, str]) -> None:
    platform, _, dataset_id = large
    chance = random.Random(4)
    check_pages(platform, dataset_id, chance)
    with platform.db.write() as conn:
        everything = list(images.list_for_export(conn, dataset_id, None))
        review, new = everything[2], everything[-4]
        assert (review.status, new.status) == ("review", "new")
        images.set_annotation_states(
            conn, [AnnotationState(review, 0, 0, "new", None), AnnotationState(new, 0, 0, "review", "person")]
        )
    check_pages(platform, dataset_id, chance)
