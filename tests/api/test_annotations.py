"""Annotations: exact round trips, strict shapes, versions, provenance, status (contract §6.3, §8; R5, R6, R11)."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.api.steps import API, Json, create_project, dataset, upload_bundle
from tests.conftest import MakeClient, MakeKey, make_api_key, make_organization
from tests.factories import jpeg

from pictograph.models.annotation import BBoxAnnotation, parse_annotations
from pictograph.models.common import BoundingBox
from pictograph_server.platform import Platform
from pictograph_server.services.annotations import service as annotations
from pictograph_server.services.annotations.provenance import Provenance
from pictograph_server.services.images import service as images

ENGINE = "sam3@pictograph-tiny"


@pytest.fixture
def image_id(app_client: TestClient) -> str:
    project = create_project(app_client, "signs")
    return upload_bundle(app_client, project["id"], {"a/1.jpg": jpeg()})[0]["image_id"]


def box(annotation_id: str | None = None, name: str = "stop", x: float = 1, **more: object) -> Json:
    found: Json = {"name": name, "type": "bbox", "bounding_box": {"x": x, "y": 2.5, "w": 3, "h": 4}, **more}
    return found if annotation_id is None else {"id": annotation_id, **found}


def test_save__numbers_order_and_ids_come_back_exactly(app_client: TestClient, image_id: str) -> None:
    sent = [
        box("second", x=0.1, confidence=0.30000000000000004, attributes=["a", 1, {"b": [None, 1.5]}], created_by="x"),
        box("first", x=-7, confidence=1, attributes=[], created_by="y"),
        {
            "id": "k", "name": "tip", "type": "keypoint", "keypoint": {"x": 3, "y": 1e-7},
            "confidence": 0.5, "created_by": "z", "attributes": [],
        },
    ]  # fmt: skip
    answer = save(app_client, image_id, sent)
    assert (answer["previous_count"], answer["new_count"], answer["image_id"]) == (0, 3, image_id)
    response = app_client.get(f"{API}/annotations/{image_id}")
    assert response.json()["annotations"] == sent
    # Integers are not turned into floats, nor floats shortened.
    # Postgres keeps the keys of an object in an order of its own.
    assert all(number in response.content for number in (b'"x":-7', b'"y":2.5', b'"w":3', b'"h":4'))
    assert not any(number in response.content for number in (b'"x":-7.', b'"w":3.', b'"h":4.'))
    assert b"0.30000000000000004" in response.content


def test_save__what_the_client_leaves_out_is_filled_in(app_client: TestClient, image_id: str) -> None:
    ring = [{"x": 10, "y": 20}, {"x": 30, "y": 20}, {"x": 30, "y": 50.5}]
    hole = [{"x": 20, "y": 25}, {"x": 25, "y": 25}, {"x": 25, "y": 30}]
    line = [{"x": 0, "y": 5}, {"x": 9, "y": 1}]
    save(
        app_client,
        image_id,
        [
            {"name": "a", "type": "polygon", "polygon": {"paths": [ring, hole]}},
            {"name": "b", "type": "polyline", "polyline": {"path": line}},
        ],
    )
    polygon, polyline = read(app_client, image_id)
    assert set(polygon) == {
        "id", "name", "type", "bounding_box", "polygon", "confidence", "created_by", "attributes",
    }  # fmt: skip
    assert polygon["bounding_box"] == {"x": 10, "y": 20, "w": 20, "h": 30.5}
    assert polyline["bounding_box"] == {"x": 0, "y": 1, "w": 9, "h": 4}
    assert polygon["created_by"].startswith("user:")
    assert (polygon["confidence"], polygon["attributes"]) == (1.0, [])


def test_save__a_line_along_an_axis_has_no_box(app_client: TestClient, image_id: str) -> None:
    # A box on the wire is never empty: an empty one would make the whole list unreadable for clients.
    path = [{"x": 0, "y": 5}, {"x": 9, "y": 5}]
    save(app_client, image_id, [{"name": "b", "type": "polyline", "polyline": {"path": path}}])
    found = read(app_client, image_id)
    assert "bounding_box" not in found[0]
    parse_annotations(found)


def test_save__replaces_and_an_empty_list_clears(app_client: TestClient, image_id: str) -> None:
    save(app_client, image_id, [box("a"), box("b")])
    assert save(app_client, image_id, [box("c")])["previous_count"] == 2
    answer = save(app_client, image_id, [])
    assert (answer["previous_count"], answer["new_count"], answer["status"]) == (1, 0, "new")
    assert read(app_client, image_id) == []


@pytest.mark.parametrize(
    ("annotation", "word"),
    [
        ({"name": "a", "type": "bbox", "bbox": [1, 2, 3, 4]}, "bounding_box"),
        ({"name": "a", "type": "bbox", "bounding_box": [1, 2, 3, 4]}, "bounding_box"),
        ({"class": "a", "type": "bbox", "bounding_box": {"x": 1, "y": 1, "w": 1, "h": 1}}, "name"),
        ({"name": "a", "type": "polygon", "polygon": [1, 2, 3, 4, 5, 6]}, "paths"),
        ({"name": "a", "type": "polygon", "polygon": {"path": [{"x": 1, "y": 2}]}}, "paths"),
        ({"name": "a", "type": "polyline", "polyline": [[1, 2], [3, 4]]}, "path"),
    ],
    ids=["bbox-list", "box-list", "class", "flat-polygon", "polygon-path", "flat-polyline"],
)
def test_save__old_shapes_are_refused_with_the_way_out(
    app_client: TestClient, image_id: str, annotation: Json, word: str
) -> None:
    response = app_client.post(f"{API}/annotations/{image_id}", json={"annotations": [annotation]})
    assert response.status_code == 422
    assert word in response.json()["fix"]


@pytest.mark.parametrize(
    "annotation",
    [
        box(instance_id=3),
        box(confidence=None),
        box(confidence=1.5),
        box(confidence="0.5"),
        box(attributes=None),
        box(attributes={}),
        box(name="  "),
        box(" "),
        {"name": "a", "type": "bbox", "bounding_box": {"x": 1, "y": 1, "w": 0, "h": 1}},
        {"name": "a", "type": "bbox", "bounding_box": {"x": "1", "y": 1, "w": 1, "h": 1}},
        {"name": "a", "type": "polygon", "polygon": {"paths": [[{"x": 1, "y": 1}, {"x": 2, "y": 2}]]}},
        {"name": "a", "type": "polygon", "polygon": {"paths": []}},
        {"name": "a", "type": "keypoint", "keypoint": {"x": 1, "y": 1}, "bounding_box": box()["bounding_box"]},
        {"name": "a", "type": "cuboid"},
        {"name": "a", "bounding_box": {"x": 1, "y": 1, "w": 1, "h": 1}},
        box(name="x" * 121),
        "text",
    ],
)  # fmt: skip
def test_save__what_would_make_the_list_unreadable_is_refused(
    app_client: TestClient, image_id: str, annotation: object
) -> None:
    save(app_client, image_id, [box("kept")])
    response = app_client.post(f"{API}/annotations/{image_id}", json={"annotations": [box(), annotation]})
    assert response.status_code == 422
    assert [entry["id"] for entry in read(app_client, image_id)] == ["kept"]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"annotations": null}', b"{}", b'{"annotations": [], "image_id": "other"}',
     b'{"annotations": [], "expected_version": "1"}', b'{"annotations": [], "in_progress": 1}',
     b'{"annotations": [], "asked": {"1": {"threshold": 2}}}', b'{"annotations": [], "asked": []}'],
)  # fmt: skip
def test_save__malformed_bodies_are_422(app_client: TestClient, image_id: str, body: bytes) -> None:
    assert app_client.post(f"{API}/annotations/{image_id}", content=body).status_code == 422


def test_save__an_id_twice_is_refused(app_client: TestClient, image_id: str) -> None:
    response = app_client.post(f"{API}/annotations/{image_id}", json={"annotations": [box("a"), box("a")]})
    assert response.status_code == 422


def test_save__unknown_classes_are_registered_with_their_geometry(app_client: TestClient, image_id: str) -> None:
    keypoint = {"name": "tip", "type": "keypoint", "keypoint": {"x": 1, "y": 2}}
    save(app_client, image_id, [box(name="stop"), keypoint, box(name="stop")])
    project = app_client.get(f"{API}/projects/signs").json()["project"]
    assert [(entry["name"], entry["type"]) for entry in project["classes"]] == [("stop", "bbox"), ("tip", "keypoint")]
    assert all(entry["color"] for entry in project["classes"])
    assert project["annotation_types"] == ["bbox", "keypoint"]


def test_save__new_becomes_complete_and_counts(app_client: TestClient, image_id: str) -> None:
    assert save(app_client, image_id, [box(), box()])["status"] == "complete"
    (image,) = dataset(app_client, include_images="true")["images"]
    assert (image["status"], image["annotation_count"]) == ("complete", 2)
    assert image["annotation_url"]


def test_save__review_of_a_person_is_not_changed_by_a_save(
    app_client: TestClient, image_id: str, platform: Platform, organization_id: str
) -> None:
    with platform.db.write() as conn:
        images.set_status(conn, organization_id, image_id, "review")
    assert save(app_client, image_id, [box()])["status"] == "review"
    assert save(app_client, image_id, [])["status"] == "new"


def test_save__machine_work_waits_for_review_where_the_dataset_wants_it(app_client: TestClient, image_id: str) -> None:
    app_client.patch(f"{API}/projects/signs", json={"review_required": True})
    assert save(app_client, image_id, [box("a", created_by=ENGINE)])["status"] == "review"


def test_save__in_progress_neither_completes_nor_reopens(app_client: TestClient, image_id: str) -> None:
    assert save(app_client, image_id, [box("1")], in_progress=True)["status"] == "annotate"
    assert save(app_client, image_id, [], in_progress=True)["status"] == "annotate"
    assert save(app_client, image_id, [box("1")])["status"] == "complete"
    assert save(app_client, image_id, [], in_progress=True)["status"] == "complete"


def test_save__a_stale_version_is_409_with_both(app_client: TestClient, image_id: str) -> None:
    first = save(app_client, image_id, [box("a")])["annotation_version"]
    assert save(app_client, image_id, [box("b")], expected_version=first)["annotation_version"] == first + 1
    response = app_client.post(
        f"{API}/annotations/{image_id}", json={"annotations": [box("c")], "expected_version": first}
    )
    assert response.status_code == 409
    assert response.json()["detail"]["expected_version"] == first
    assert response.json()["detail"]["current_version"] == first + 1
    assert [entry["id"] for entry in read(app_client, image_id)] == ["b"]


def test_provenance__unchanged_keep_theirs_and_changed_ones_are_edited(
    app_client: TestClient, image_id: str, make_client: MakeClient, make_key: MakeKey
) -> None:
    save(app_client, image_id, [box("kept"), box("changed"), box("machine", created_by=ENGINE)])
    before = provenance(app_client, image_id)
    second = make_client(make_key(role="member"))
    sent = read(app_client, image_id)
    sent[1]["bounding_box"]["x"] = 99
    save(second, image_id, [*sent, box("added")])
    after = provenance(app_client, image_id)
    assert after["kept"] == before["kept"]
    assert after["machine"] == before["machine"]
    assert after["machine"]["made_by"] == ENGINE
    assert after["changed"]["made_by"] == before["changed"]["made_by"]
    assert after["changed"]["edited_by"] == after["added"]["made_by"] != before["changed"]["made_by"]


def test_provenance__what_the_engine_was_asked_is_kept_for_what_is_new_and_its_own(
    app_client: TestClient, image_id: str
) -> None:
    asked = {"1": {"prompt": "stop sign", "threshold": 0.4}, "2": {"prompt": "mine"}}
    save(app_client, image_id, [box("1", created_by=ENGINE, confidence=0.83), box("2")], asked=asked)
    found = provenance(app_client, image_id)
    assert found["1"] | {"made_at": ""} == {
        "made_by": ENGINE, "made_at": "", "prompt": "stop sign", "threshold": 0.4, "confidence": 0.83,
    }  # fmt: skip
    assert "prompt" not in found["2"]
    # Afterwards nobody can say otherwise.
    save(app_client, image_id, [box("1", created_by=ENGINE, confidence=0.83)], asked={"1": {"prompt": "else"}})
    assert provenance(app_client, image_id)["1"]["prompt"] == "stop sign"


def test_provenance__a_finding_corrected_before_its_first_save_is_a_persons_correction(
    app_client: TestClient, image_id: str, platform: Platform, organization_id: str
) -> None:
    asked = {"1": {"prompt": "stop", "edited": True}, "2": {"prompt": "stop"}, "mine": {"edited": True}}
    made = [box(key, created_by=ENGINE, confidence=0.8, name="stop") for key in ("1", "2")]
    save(app_client, image_id, [*made, box("mine", name="stop")], asked=asked)
    found = provenance(app_client, image_id)
    assert (found["1"]["made_by"], found["1"]["prompt"], found["1"]["confidence"]) == (ENGINE, "stop", 0.8)
    assert found["1"]["edited_by"] == found["mine"]["made_by"]
    assert found["1"]["edited_at"] == found["1"]["made_at"]
    assert "edited_by" not in found["2"]
    assert "edited_by" not in found["mine"]
    # A later job replaces what nobody touched, and that only.
    job(platform, organization_id, image_id, ["new"], name="stop")
    assert {each["id"] for each in read(app_client, image_id)} == {"1", "mine", "new"}


def test_provenance__an_address_with_an_at_is_no_engine(app_client: TestClient, image_id: str) -> None:
    save(app_client, image_id, [box("a", created_by="anna@example.com")])
    assert provenance(app_client, image_id)["a"]["made_by"].startswith("user:")
    assert read(app_client, image_id)[0]["created_by"] == "anna@example.com"


def test_save_from_job__replaces_untouched_machine_work_of_its_classes_only(
    app_client: TestClient, image_id: str, platform: Platform, organization_id: str
) -> None:
    job(platform, organization_id, image_id, ["old", "edited"], name="stop")
    job(platform, organization_id, image_id, ["other"], name="yield")
    sent = read(app_client, image_id)
    sent[1]["bounding_box"]["w"] = 50
    save(app_client, image_id, [*sent, box("mine")])
    assert job(platform, organization_id, image_id, ["new", "edited"], name="stop") == 1
    found = {entry["id"]: entry for entry in read(app_client, image_id)}
    assert set(found) == {"edited", "other", "mine", "new"}
    assert found["edited"]["bounding_box"]["w"] == 50
    assert found["new"]["created_by"] == ENGINE


def test_save_from_job__no_finding_is_a_valid_negative(
    app_client: TestClient, image_id: str, platform: Platform, organization_id: str
) -> None:
    assert job(platform, organization_id, image_id, []) == 0
    assert status(app_client) == "complete"
    assert dataset(app_client)["completed_image_count"] == 1


def test_save_from_job__review_and_never_below_a_persons_word(
    app_client: TestClient, image_id: str, platform: Platform, organization_id: str
) -> None:
    job(platform, organization_id, image_id, ["a"], review=True)
    assert status(app_client) == "review"
    with platform.db.write() as conn:
        images.set_status(conn, organization_id, image_id, "complete")
    job(platform, organization_id, image_id, ["b"], review=True)
    assert status(app_client) == "complete"


def test_save_from_job__the_same_again_changes_nothing(
    app_client: TestClient, image_id: str, platform: Platform, organization_id: str
) -> None:
    job(platform, organization_id, image_id, ["a", "b"])
    before = read(app_client, image_id)
    job(platform, organization_id, image_id, ["a", "b"])
    assert read(app_client, image_id) == before


def test_delete_annotations__answers_an_object(app_client: TestClient, image_id: str) -> None:
    save(app_client, image_id, [box(), box()])
    response = app_client.delete(f"{API}/annotations/{image_id}")
    assert response.status_code == 200
    assert (response.json()["image_id"], response.json()["deleted_count"]) == (image_id, 2)
    assert read(app_client, image_id) == []
    assert status(app_client) == "new"


def test_annotation_file__document(app_client: TestClient, image_id: str) -> None:
    save(app_client, image_id, [box("a")])
    document = app_client.get(f"{API}/annotations/{image_id}/file").json()
    assert document["image"] == "1.jpg"
    assert (document["image_uuid"], document["image_path"], document["annotation_count"]) == (image_id, "/a", 1)
    assert document["dataset"] == {"name": "signs", "slug": "signs"}
    assert set(document["org"]) == {"name", "slug"}
    assert document["annotations"] == read(app_client, image_id)


def test_get_annotations__none_is_an_empty_list(app_client: TestClient, image_id: str) -> None:
    assert app_client.get(f"{API}/annotations/{image_id}").json()["annotations"] == []


def test_annotations__roles_and_other_organization(
    app_client: TestClient, image_id: str, make_client: MakeClient, make_key: MakeKey, platform: Platform
) -> None:
    address = f"{API}/annotations/{image_id}"
    assert make_client(make_key(role="viewer")).post(address, json={"annotations": []}).status_code == 403
    assert make_client(make_key(role="member")).delete(address).status_code == 403
    stranger = make_client(make_api_key(platform, make_organization(platform, "Others"), role="owner"))
    assert stranger.get(address).status_code == 404
    assert stranger.get(f"{address}/file").status_code == 404
    assert stranger.post(address, json={"annotations": []}).status_code == 404
    assert stranger.delete(address).status_code == 404


def save(client: TestClient, image_id: str, sent: list[Any], **more: object) -> Json:
    response = client.post(f"{API}/annotations/{image_id}", json={"image_id": image_id, "annotations": sent, **more})
    assert response.status_code == 200, response.text
    return response.json()


def read(client: TestClient, image_id: str) -> list[Json]:
    found = client.get(f"{API}/annotations/{image_id}").json()["annotations"]
    parse_annotations(found)
    return found


def provenance(client: TestClient, image_id: str) -> Json:
    return client.get(f"{API}/annotations/{image_id}?include_provenance=true").json()["provenance"]


def status(client: TestClient) -> str:
    return dataset(client, include_images="true")["images"][0]["status"]


def job(
    platform: Platform, organization_id: str, image_id: str, ids: list[str], *, name: str = "stop", review: bool = False
) -> int:
    found = [
        BBoxAnnotation(id=key, name=name, bounding_box=BoundingBox(x=1, y=1, w=5, h=5), confidence=0.9) for key in ids
    ]
    origins = {key: Provenance(ENGINE, "2026-01-01T00:00:00+00:00", prompt=name, threshold=0.5) for key in ids}
    with platform.db.write() as conn:
        return annotations.save_from_job(
            conn,
            organization_id=organization_id,
            image_id=image_id,
            annotations=found,
            provenance=origins,
            replace_classes=[name],
            review=review,
        )


def test_query__many_images_at_once(app_client: TestClient) -> None:
    project = create_project(app_client, "many")
    uploaded = upload_bundle(app_client, project["id"], {f"{number}.jpg": jpeg(seed=number) for number in range(3)})
    first, second, bare = [result["image_id"] for result in uploaded]
    save(app_client, first, [box("1", x=0.1, confidence=0.25), box("2", name="yield")])
    save(app_client, second, [box("3")])
    answer = app_client.post(f"{API}/annotations/query", json={"image_ids": [first, second, bare, "gone"]})
    found = answer.json()["annotations"]
    assert found == {
        image_id: app_client.get(f"{API}/annotations/{image_id}").json()["annotations"]
        for image_id in (first, second, bare)
    }
    assert [each["id"] for each in found[first]] == ["1", "2"]


def test_query__renamed_class_before_its_job_came(app_client: TestClient, image_id: str) -> None:
    save(app_client, image_id, [box("1"), box("2", name="yield")])
    change = {"class_name": "stop", "new_name": "halt"}
    assert app_client.post(f"{API}/datasets/by-name/signs/classes/rename", json=change).is_success
    found = app_client.post(f"{API}/annotations/query", json={"image_ids": [image_id]}).json()["annotations"]
    assert [each["name"] for each in found[image_id]] == ["halt", "yield"]
