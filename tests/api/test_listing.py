"""Lists of images: every filter and sort against a plain loop over all of them, page by page (`GET images/`)."""

import os
import random
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, make_url, select, text
from tests.api.steps import API, create_project, upload_bundle
from tests.conftest import MakeClient, make_api_key, make_organization
from tests.factories import jpeg

from pictograph.models.image import ImageStatus
from pictograph_server.actor import Actor
from pictograph_server.platform import Platform, open_platform
from pictograph_server.services.annotations import service as annotations
from pictograph_server.services.annotations.from_job import JobFinding, save_findings
from pictograph_server.services.annotations.provenance import Provenance
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images import service as images
from pictograph_server.services.images import tallies
from pictograph_server.services.images.content import ImageFacts
from pictograph_server.services.images.labels_repository import index_tags
from pictograph_server.services.images.registration import Candidate, Registered, register
from pictograph_server.services.search import listing, neighbors
from pictograph_server.services.search.filters import ImageFilter
from pictograph_server.settings import Settings
from pictograph_server.storage.db import tables

Json = dict[str, Any]
BOX = {"name": "stop", "type": "bbox", "bounding_box": {"x": 1, "y": 2, "w": 3, "h": 4}}
POSTGRES_URL = os.environ.get("PICTOGRAPH_TEST_POSTGRES_URL")
_FOLDERS = ("/", "/a", "/a/b", "/a b", "/a/b/c", "/ä")


@dataclass(frozen=True)
class Known:
    """What the test knows of an image, without asking the code under test."""

    id: str
    folder: str
    name: str
    status: str
    is_archived: bool
    size_wh: tuple[int, int]
    # (class, source, confidence)
    labels: Sequence[tuple[str, str, float]]
    tags: Sequence[str]

    def passes(self, wanted: ImageFilter) -> bool:
        folder = wanted.folder_path
        if folder is not None:
            below = self.folder.startswith(f"{folder.rstrip('/')}/") or folder == "/"
            if self.folder != folder and not (wanted.with_subfolders and below):
                return False
        of_class = [each for each in self.labels if wanted.class_name in (None, each[0])]
        has_tag = wanted.class_name is not None and wanted.class_name in self.tags
        if wanted.source is not None:
            is_machine = wanted.source == "machine"
            of_class = [each for each in of_class if (each[1] != "people" if is_machine else each[1] == wanted.source)]
            has_tag = False
        named = wanted.class_name is not None or wanted.source is not None
        if named and not of_class and not has_tag:
            return False
        if wanted.has_confidence:
            low, high = wanted.min_confidence or 0.0, 1.0 if wanted.max_confidence is None else wanted.max_confidence
            # With a class or a source, of each class by each maker apart; tags of these images have no confidence.
            groups: dict[tuple[str, str], float] = {}
            for name, source, confidence in of_class:
                key = (name, source) if named else ("", "")
                groups[key] = min(confidence, groups.get(key, 1.0))
            if not any(low <= least <= high for least in groups.values()):
                return False
        return (
            self.is_archived == wanted.is_archived
            and (wanted.statuses is None or self.status in wanted.statuses)
            and (wanted.text is None or wanted.text.lower() in self.name.lower())
            and (wanted.tag is None or wanted.tag in self.tags)
            and (wanted.is_annotated is None or wanted.is_annotated == bool(self.labels))
            and (wanted.min_annotations or 0) <= len(self.labels) <= (wanted.max_annotations or 1000)
            and wanted.size_wh in (None, self.size_wh)
            and (wanted.min_aspect or 0) <= self.size_wh[0] / self.size_wh[1] < (wanted.max_aspect or 1000)
        )


Crowd = tuple[Platform, str, list[Known]]


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgres", marks=pytest.mark.skipif(not POSTGRES_URL, reason="no Postgres given"))],
)
def crowd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Crowd]:
    """A dataset with 120 images of every kind, and what is known of each."""
    url, folder = None, tmp_path_factory.mktemp("crowd")
    if request.param == "postgres":
        schema = f"test_{uuid.uuid4().hex[:12]}"
        admin = create_engine(POSTGRES_URL or "")
        with admin.begin() as conn:
            conn.execute(text(f"CREATE SCHEMA {schema}"))
        admin.dispose()
        address = make_url(POSTGRES_URL or "").update_query_dict({"options": f"-csearch_path={schema}"})
        url = address.render_as_string(hide_password=False)
    platform = open_platform(Settings(data_dir=folder, database_url=url), migrate_database=True)
    organization_id = make_organization(platform)
    yield platform, organization_id, _fill(platform, organization_id, random.Random(7), count=120)
    platform.close()


_FILTERS = st.builds(
    ImageFilter,
    statuses=st.sampled_from([None, ("new",), ("complete",), ("review",), ("annotate", "review")]),
    class_name=st.sampled_from([None, None, "stop", "yield", "night", "nothing"]),
    folder_path=st.sampled_from([None, None, *_FOLDERS, "/nowhere"]),
    with_subfolders=st.booleans(),
    source=st.sampled_from([None, None, "people", "machine", "sam3", "model:m"]),
    min_confidence=st.sampled_from([None, None, 0.2, 0.5]),
    max_confidence=st.sampled_from([None, None, 0.6, 1.0]),
    text=st.sampled_from([None, None, "IMG_1", "%", "_", "ß"]),
    tag=st.sampled_from([None, None, "night", "stop"]),
    is_annotated=st.sampled_from([None, None, True, False]),
    min_annotations=st.sampled_from([None, None, None, 2]),
    max_annotations=st.sampled_from([None, None, None, 1]),
    size_wh=st.sampled_from([None, None, None, (10, 10), (10, 11)]),
    # 0.95 times 20 is below 19 in some arithmetic; 49 times 1/49 is not 1.
    min_aspect=st.sampled_from([None, None, None, 1 / 49, 0.95, 1.0]),
    max_aspect=st.sampled_from([None, None, None, 1.05, 1.7]),
    is_archived=st.booleans(),
)


@hypothesis_settings(max_examples=150, deadline=None)
@given(
    wanted=_FILTERS,
    sort=st.sampled_from(["newest", "oldest", "name", "least_confident"]),
    limit=st.sampled_from([1, 7, 200]),
    rows_a_page=st.sampled_from([1, 11, 10_000]),
)
def test_list_images__is_what_a_loop_over_all_finds(
    crowd: Crowd, wanted: ImageFilter, sort: Any, limit: int, rows_a_page: int
) -> None:
    platform, organization_id, known = crowd
    expected = [each for each in known if each.passes(wanted)]
    if sort == "least_confident":
        expected = [each for each in expected if each.labels]
    expected.sort(key=_ORDERS[sort])
    found: list[str] = []
    cursor: str | None = None
    with platform.db.read() as conn:
        dataset = datasets.get_by_name(conn, organization_id, "crowd")
        for _ in range(1000):
            page = listing.list_images(
                conn, dataset, wanted, sort=sort, cursor=cursor, limit=limit, rows_a_page=rows_a_page
            )
            assert len(page.images) <= limit
            assert page.total in (None, len(expected))
            found += [image.id for image in page.images]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert cursor is None, "the list has no end"
    assert found == [each.id for each in expected]


@hypothesis_settings(max_examples=150, deadline=None)
@given(
    wanted=_FILTERS,
    sort=st.sampled_from(["newest", "oldest", "name", "least_confident"]),
    limit=st.sampled_from([1, 7, 200]),
    data=st.data(),
)
def test_list_images__any_offset_and_neighbors(
    crowd: Crowd, wanted: ImageFilter, sort: Any, limit: int, data: st.DataObject
) -> None:
    platform, organization_id, known = crowd
    placed = [each for each in known if sort != "least_confident" or each.labels]
    expected = sorted((each for each in placed if each.passes(wanted)), key=_ORDERS[sort])
    offset = data.draw(st.integers(0, len(expected) + 2))
    image = data.draw(st.sampled_from(placed))
    key = _ORDERS[sort](image)
    before = [each.id for each in expected if _ORDERS[sort](each) < key]
    after = [each.id for each in expected if _ORDERS[sort](each) > key]
    with platform.db.read() as conn:
        dataset = datasets.get_by_name(conn, organization_id, "crowd")
        page = listing.list_images(
            conn, dataset, wanted, sort=sort, offset=offset, limit=limit, with_total=data.draw(st.booleans())
        )
        record = images.get(conn, organization_id, image.id)
        around = neighbors.find(conn, record, wanted, sort=sort, limit=limit, with_index=True)
    assert page.has_offsets
    assert page.total in (None, len(expected))
    assert [each.id for each in page.images] == [each.id for each in expected[offset : offset + limit]]
    if sort == "name" and not wanted.with_subfolders and wanted.folder_path not in (None, image.folder):
        # In a folder it is not in, its place is by its file name alone.
        return
    assert [each.id for each in around.previous] == before[::-1][:limit]
    assert [each.id for each in around.next] == after[:limit]
    if expected:
        assert (around.index, around.total) == (len(before), len(expected))


def test_tallies__are_what_a_recount_finds(crowd: Crowd) -> None:
    platform, organization_id, known = crowd
    with platform.db.write() as conn:
        dataset_id = datasets.get_by_name(conn, organization_id, "crowd").id
        kept = tallies.places(conn, dataset_id), tallies.classes(conn, dataset_id)
        tallies.recount(conn, dataset_id)
        counted = tallies.places(conn, dataset_id), tallies.classes(conn, dataset_id)
    assert kept[0] == counted[0]
    assert {k: v for k, v in kept[1].items() if v.image_count or v.tagged_count} == counted[1]
    present = [each for each in known if not each.is_archived]
    assert sum(count for place, count in kept[0].items() if not place.is_archived) == len(present)
    stops = [each for each in present if any(label[0] == "stop" for label in each.labels)]
    assert kept[1]["stop"].image_count == len(stops)
    assert kept[1]["stop"].annotation_count == sum(label[0] == "stop" for each in stops for label in each.labels)


# --- over HTTP ---


def test_list_images__pages_and_total(app_client: TestClient) -> None:
    ids = _three(app_client)
    first = app_client.get(f"{API}/images/", params={"dataset_name": "signs", "limit": 2}).json()
    assert [image["id"] for image in first["images"]] == ids[:0:-1]
    assert first["total"] == 3
    query = {"dataset_name": "signs", "limit": 2, "cursor": first["next_cursor"]}
    second = app_client.get(f"{API}/images/", params=query).json()
    assert ([image["id"] for image in second["images"]], second["next_cursor"]) == (ids[:1], None)


def test_list_images__total_and_offset(app_client: TestClient) -> None:
    ids = _three(app_client)
    query = {"dataset_name": "signs", "sort": "oldest", "text": ".j"}
    page = app_client.get(f"{API}/images/", params={**query, "limit": 1}).json()
    assert (page["total"], page["has_offsets"]) == (None, True)
    page = app_client.get(f"{API}/images/", params={**query, "offset": 1, "limit": 1, "with_total": True}).json()
    assert ([image["id"] for image in page["images"]], page["total"]) == ([ids[1]], 3)
    refused = app_client.get(f"{API}/images/", params={**query, "offset": 1, "cursor": page["next_cursor"]})
    assert (refused.status_code, refused.json()["code"]) == (422, "offset_unavailable")
    found = app_client.get(f"{API}/datasets/by-name/signs/image-ids", params={"text": "c.j"}).json()
    assert found == {"image_ids": [ids[2]], "next_cursor": None}


def test_neighbors__after_an_edit_that_moved_the_image(app_client: TestClient) -> None:
    ids = _three(app_client)
    for image_id, confidence in zip(ids, (0.3, 0.1, 0.2), strict=True):
        app_client.post(f"{API}/annotations/{image_id}", json={"annotations": [{**BOX, "confidence": confidence}]})

    def around(**query: str) -> Json:
        params = {"sort": "least_confident", "with_index": "true", **query}
        return app_client.get(f"{API}/images/{ids[1]}/neighbors", params=params).json()

    opened = around()
    assert (opened["previous"], opened["index"], opened["total"]) == ([], 0, 3)
    assert [image["id"] for image in opened["next"]] == [ids[2]]
    app_client.post(f"{API}/annotations/{ids[1]}", json={"annotations": [BOX]})
    assert around()["next"] == []
    assert [image["id"] for image in around(position=opened["position"])["next"]] == [ids[2]]


def test_list_images__narrowed(app_client: TestClient) -> None:
    ids = _three(app_client)
    app_client.post(f"{API}/annotations/{ids[1]}", json={"annotations": [BOX]})

    def found(**query: object) -> list[str]:
        params = {"dataset_name": "signs", **{name: str(value) for name, value in query.items()}}
        response = app_client.get(f"{API}/images/", params=params)
        assert response.status_code == 200, response.text
        return [image["id"] for image in response.json()["images"]]

    assert found(status="complete") == found(class_name="stop") == found(source="people") == [ids[1]]
    assert found(folder_path="/a") == [ids[2], ids[1]]
    assert found(folder_path="a/", recursive=False) == [ids[1]]
    assert found(text="C.J") == [ids[2]]
    assert found(min_aspect=1) == found(max_aspect=4 / 3 + 1e-9) == ids[::-1]
    assert found(archived=True) == []
    app_client.delete(f"{API}/images/{ids[2]}")
    assert found(archived=True) == [ids[2]]
    assert found(sort="oldest") == ids[:2]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"status": "finished"}, "unknown_status_filter"),
        ({"cursor": "nonsense"}, "invalid_cursor"),
        ({"cursor": "W10"}, "invalid_cursor"),
        ({"folder_path": "/../x"}, "invalid_path"),
        ({"min_confidence": "0.9", "max_confidence": "0.1"}, "empty_confidence_range"),
        ({"min_aspect": "1.5", "max_aspect": "1.5"}, "empty_aspect_range"),
        ({"max_aspect": "nan"}, "invalid_request"),
        ({"limit": "1001"}, "invalid_request"),
        ({"sort": "colour"}, "invalid_request"),
    ],
    ids=str,
)
def test_list_images__refusals(app_client: TestClient, query: Mapping[str, str], code: str) -> None:
    create_project(app_client)
    response = app_client.get(f"{API}/images/", params={"dataset_name": "signs", **query})
    assert (response.status_code, response.json()["code"]) == (422, code)


def test_list_images__cursor_of_another_sort(app_client: TestClient) -> None:
    _three(app_client)
    page = app_client.get(f"{API}/images/", params={"dataset_name": "signs", "limit": 1}).json()
    query = {"dataset_name": "signs", "sort": "oldest", "cursor": page["next_cursor"]}
    assert app_client.get(f"{API}/images/", params=query).json()["code"] == "invalid_cursor"


def test_counts__follow_every_change(app_client: TestClient) -> None:
    ids = _three(app_client)
    app_client.post(f"{API}/annotations/{ids[0]}", json={"annotations": [BOX, {**BOX, "name": "yield"}]})
    app_client.post(f"{API}/annotations/{ids[1]}", json={"annotations": [BOX]})

    def counts() -> tuple[Json, dict[str, tuple[int, int]]]:
        document = app_client.get(f"{API}/datasets/by-name/signs/counts").json()["counts"]
        classes = {each["name"]: (each["image_count"], each["annotation_count"]) for each in document["classes"]}
        return document, classes

    document, classes = counts()
    assert (document["image_count"], document["status"]["complete"], document["status"]["new"]) == (3, 2, 1)
    assert classes == {"stop": (2, 2), "yield": (1, 1)}
    app_client.delete(f"{API}/images/{ids[0]}")
    document, classes = counts()
    assert (document["image_count"], document["archived_image_count"], document["status"]["complete"]) == (2, 1, 1)
    assert classes == {"stop": (1, 1), "yield": (0, 0)}
    app_client.delete(f"{API}/annotations/{ids[1]}")
    app_client.delete(f"{API}/images/{ids[0]}?permanent=true")
    document, classes = counts()
    assert (document["archived_image_count"], document["status"]["new"]) == (0, 2)
    assert classes == {"stop": (0, 0), "yield": (0, 0)}


def test_folders__own_and_whole(app_client: TestClient) -> None:
    _three(app_client)

    def folders(**query: str) -> list[tuple[str, int, int, int]]:
        response = app_client.get(f"{API}/datasets/by-name/signs/folders", params=query)
        return [
            (each["path"], each["image_count"], each["total_image_count"], each["folder_count"])
            for each in response.json()["folders"]
        ]

    assert folders() == [("/", 1, 3, 1), ("/a", 1, 2, 1), ("/a/b", 0, 1, 1), ("/a/b/c", 1, 1, 0)]
    assert folders(parent="/a") == [("/a/b", 0, 1, 1)]
    assert folders(parent="/") == [("/a", 1, 2, 1)]
    response = app_client.get(f"{API}/datasets/by-name/signs/folders", params={"parent": "/b"})
    assert (response.status_code, response.json()["code"]) == (404, "folder_not_found")


def test_folders__of_an_empty_dataset(app_client: TestClient) -> None:
    create_project(app_client)
    (root,) = app_client.get(f"{API}/datasets/by-name/signs/folders").json()["folders"]
    assert (root["path"], root["image_count"]) == ("/", 0)


@pytest.mark.parametrize("path", ["images/?dataset_name=signs", "datasets/by-name/signs/counts"])
def test_lists__other_organization_is_404(
    app_client: TestClient, make_client: MakeClient, platform: Platform, path: str
) -> None:
    _three(app_client)
    stranger = make_client(make_api_key(platform, make_organization(platform, "Others"), role="owner"))
    assert stranger.get(f"{API}/{path}").status_code == 404
    assert stranger.get(f"{API}/datasets/by-name/signs/folders").status_code == 404


def test_embedded_images__deep_pages_are_in_order(app_client: TestClient) -> None:
    """Skipped from whichever end is nearer: the pages are the same."""
    project = create_project(app_client)
    upload_bundle(app_client, project["id"], {f"{index:02}.jpg": jpeg(32, 32, seed=index) for index in range(11)})
    whole = app_client.get(f"{API}/datasets/by-name/signs?include_images=true").json()["dataset"]["images"]
    assert [image["filename"] for image in whole] == [f"{index:02}.jpg" for index in reversed(range(11))]
    for offset in range(13):
        query = f"include_images=true&images_limit=3&images_offset={offset}"
        page = app_client.get(f"{API}/datasets/by-name/signs?{query}").json()["dataset"]["images"]
        assert page == whole[offset : offset + 3]


_ORDERS: dict[str, Callable[[Known], Any]] = {
    "newest": lambda image: tuple(-ord(character) for character in image.id),
    "oldest": lambda image: image.id,
    "name": lambda image: (image.folder.encode(), image.name.encode(), image.id),
    "least_confident": lambda image: (min(label[2] for label in image.labels), image.id),
}


def _three(client: TestClient) -> list[str]:
    project = create_project(client)
    members = {"a.jpg": jpeg(seed=1), "a/b.jpg": jpeg(seed=2), "a/b/c/c.jpg": jpeg(seed=3)}
    return [result["image_id"] for result in upload_bundle(client, project["id"], members)]


def _fill(platform: Platform, organization_id: str, chance: random.Random, *, count: int) -> list[Known]:
    actor = Actor(organization_id, "key", "owner", "a person")
    known: list[Known] = []
    with platform.db.write() as conn:
        dataset_id = datasets.create(conn, organization_id, name="crowd").id
        for index in range(count):
            folder, name = chance.choice(_FOLDERS), f"img_{index}{chance.choice(['%', '', 'ß'])}.png"
            size_wh = chance.choice([(10, 10), (10, 10), (19, 20), (1, 49), (21, 20), (17, 10)])
            facts = ImageFacts("image/png", *size_wh)
            (answer,) = register(
                conn, organization_id, dataset_id, [Candidate(folder, name, f"{index:064}", index, facts)]
            )
            assert isinstance(answer, Registered)
            labels = _label(chance)
            machine = [each for each in labels if each[1] != "people"]
            save_findings(
                conn,
                organization_id,
                dataset_id,
                [_finding(answer.image_id, machine)],
                replace_classes=(),
                review=chance.random() < 0.5,
            )
            theirs = [each for each in labels if each[1] == "people"]
            if theirs:
                before = annotations.get_documents(conn, answer.image_id)
                documents = [*before, *(_document(f"p{n}", *each) for n, each in enumerate(theirs))]
                annotations.save_documents(conn, actor, answer.image_id, documents)
            tags = chance.sample(["night", "stop"], chance.randrange(3)) if chance.random() < 0.4 else []
            row = tables.images.c.id == answer.image_id
            conn.execute(tables.images.update().where(row).values(auto_tags={"objects": tags[:1], "scenes": tags[1:]}))
            index_tags(conn, [answer.image_id])
            if chance.random() < 0.4:
                chosen: ImageStatus = chance.choice(["new", "annotate", "review", "complete"])
                images.set_status(conn, organization_id, answer.image_id, chosen)
            if is_archived := chance.random() < 0.2:
                images.archive(conn, organization_id, answer.image_id)
            status = conn.execute(select(tables.images.c.status).where(row)).scalar_one()
            known.append(Known(answer.image_id, folder, name, status, is_archived, size_wh, labels, tags))
    return known


def _label(chance: random.Random) -> list[tuple[str, str, float]]:
    return [
        (chance.choice(["stop", "yield"]), chance.choice(["people", "sam3", "model:m"]), chance.choice([0.1, 0.4, 0.9]))
        for _ in range(chance.choice([0, 0, 1, 2, 4]))
    ]


def _finding(image_id: str, labels: Sequence[tuple[str, str, float]]) -> JobFinding:
    documents = [_document(f"m{number}", *label) for number, label in enumerate(labels)]
    origins = {
        f"m{number}": Provenance("model:m" if source == "model:m" else f"{source}@checkpoint", "2026-01-01T00:00:00Z")
        for number, (_, source, _) in enumerate(labels)
    }
    return JobFinding(image_id, documents, origins)


def _document(key: str, name: str, _source: str, confidence: float) -> Json:
    box = {"x": 10.0 * int(key[1:]), "y": 0.0, "w": 5.0, "h": 5.0}
    return {
        "id": key, "name": name, "type": "bbox", "bounding_box": box, "confidence": confidence, "attributes": [],
    }  # fmt: skip
