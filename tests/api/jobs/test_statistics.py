"""Statistics of a dataset: counted by hand on a few images, at once and by the job, whole after a kill."""

from typing import Any

import pytest
from sqlalchemy import delete
from tests.api.jobs.workplace import Workplace

from pictograph_server.services.images.content import ImageFacts
from pictograph_server.services.images.registration import Candidate, register
from pictograph_server.services.statistics import service
from pictograph_server.services.statistics.cells import IMAGES_A_CELL, unpack
from pictograph_server.services.statistics.measure import Measured
from pictograph_server.services.statistics.repository import ImageRow
from pictograph_server.services.tasks import all_tasks
from pictograph_server.storage.db import tables
from pictograph_server.storage.db.types import new_id

Json = dict[str, Any]
AT = "/datasets/by-name/signs/statistics"


def box(name: str, x: float, y: float, w: float, h: float, **more: object) -> Json:
    return {"name": name, "type": "bbox", "bounding_box": {"x": x, "y": y, "w": w, "h": h}, **more}


@pytest.fixture
def signs(work: Workplace) -> Workplace:
    """An image of 200 × 100 with three annotations, one of 100 × 100 with one, one without, and one in the trash."""
    work.tasks = all_tasks(work.platform)
    dataset = work.make_dataset("signs", [("stop", "bbox"), ("yield", "bbox"), ("tip", "keypoint")])
    wide = work.add_image(dataset, "0.png", size_wh=(200, 100))
    engine = {"created_by": "sam3@tiny"}
    work.save(
        wide,
        [
            box("stop", 0, 0, 20, 10, confidence=0.52, **engine),
            box("stop", 100, 0, 100, 100, confidence=1, **engine),
            {"name": "tip", "type": "keypoint", "keypoint": {"x": 199, "y": 99}},
        ],
    )
    work.save(work.add_image(dataset, "1.png", size_wh=(100, 100)), [box("yield", 0, 0, 50, 50)])
    work.add_image(dataset, "2.png", size_wh=(100, 100))
    gone = work.add_image(dataset, "3.png", size_wh=(100, 100))
    work.save(gone, [box("stop", 0, 0, 50, 50)])
    work.client.delete(f"/api/v1/developer/images/{gone}")
    return work


def add_many(work: Workplace) -> None:
    """Add as many images as no request measures by itself."""
    dataset_id = work.get("/datasets/by-name/signs").json()["dataset"]["id"]
    facts = ImageFacts("image/png", 64, 48)
    many = [Candidate("/", f"many {number}.png", f"{number:064x}", 1, facts) for number in range(service.AT_ONCE)]
    with work.platform.db.write() as conn:
        register(conn, work.organization_id, dataset_id, many)


def measured(work: Workplace) -> Json:
    return work.get(AT).json()["dataset_statistics"]


def test_statistics__are_what_a_hand_counts(signs: Workplace) -> None:
    assert measured(signs)["status"] == "none"
    signs.post(f"{AT}/refresh")
    answer = measured(signs)
    assert (answer["status"], answer["is_current"]) == ("ready", True)
    found = answer["statistics"]
    assert (found["image_count"], found["annotated_image_count"], found["annotation_count"]) == (3, 2, 4)
    assert found["shapes"] == {"bbox": 3, "keypoint": 1}
    assert found["sources"] == [
        {"source": "sam3", "annotation_count": 2, "image_count": 1},
        {"source": "people", "annotation_count": 2, "image_count": 2},
    ]
    assert found["box_areas"] == {"small": 1, "medium": 1, "large": 1}
    stop, yields, tip = found["classes"]
    assert (stop["name"], stop["image_count"], stop["annotation_count"]) == ("stop", 1, 2)
    assert {index: count for index, count in enumerate(stop["confidences"]) if count} == {10: 1, 19: 1}
    assert (yields["sources"], tip["shapes"], sum(yields["confidences"])) == ({"people": 1}, {"keypoint": 1}, 0)
    # Centres at (10, 5), (150, 50) and (199, 99) of 200 × 100, and (25, 25) of 100 × 100, in cells of 1/32.
    assert found["box_centers"]["cells"] == sorted([1 * 32 + 1, 16 * 32 + 24, 31 * 32 + 31, 8 * 32 + 8])
    # Sizes 0.1 × 0.1, 0.5 × 1, 0.5 × 0.5: the 24 steps grow as squares.
    assert found["box_sizes"]["cells"] == sorted([7 * 24 + 7, 23 * 24 + 16, 16 * 24 + 16])
    edges = found["box_sizes"]["edges"]
    assert edges[7] <= 0.1 < edges[8] and edges[16] <= 0.5 < edges[17]
    assert [(step["low"], step["high"], step["image_count"]) for step in found["annotations_per_image"]] == [
        (0, 0, 1), (1, 1, 1), (2, 2, 0), (3, 3, 1),
    ]  # fmt: skip
    assert found["image_sizes"][0] == {"width": 100, "height": 100, "image_count": 2}
    ratios = {(each["low"], each["high"]): each["image_count"] for each in found["aspect_ratios"]}
    assert (ratios[0.95, 1.05], ratios[2.0, 2.5], sum(ratios.values())) == (2, 1, 3)


def test_statistics__say_when_they_are_old(signs: Workplace) -> None:
    signs.post(f"{AT}/refresh")
    image = signs.get("/datasets/by-name/signs?include_images=true").json()["dataset"]["images"][0]["id"]
    signs.save(image, [box("stop", 1, 1, 2, 2)])
    old = measured(signs)
    assert (old["is_current"], old["statistics"]["annotation_count"]) == (False, 4)
    signs.post(f"{AT}/refresh")
    assert (measured(signs)["is_current"], measured(signs)["statistics"]["annotation_count"]) == (True, 5)


def test_statistics__of_many_images_by_a_job(signs: Workplace) -> None:
    signs.post(f"{AT}/refresh")
    at_once = measured(signs)["statistics"]
    add_many(signs)
    assert signs.post(f"{AT}/refresh").json()["dataset_statistics"]["status"] == "computing"
    # What was there stays on the page, and a second request starts nothing.
    assert signs.post(f"{AT}/refresh").json()["dataset_statistics"]["statistics"] == at_once
    assert signs.run_job("export", kill_at=1).state == "queued"
    signs.run_lane("export")
    answer = measured(signs)
    assert (answer["status"], answer["is_current"]) == ("ready", True)
    new = {"image_count", "status", "image_sizes", "aspect_ratios", "annotations_per_image"}
    assert answer["statistics"]["image_count"] == 3 + service.AT_ONCE
    assert {key: value for key, value in answer["statistics"].items() if key not in new} == {
        key: value for key, value in at_once.items() if key not in new
    }


def test_statistics__of_a_dataset_that_is_deleted_meanwhile(signs: Workplace) -> None:
    add_many(signs)
    signs.post(f"{AT}/refresh")
    signs.client.delete("/api/v1/developer/projects/signs")
    signs.run_lane("export")
    assert signs.get(AT).status_code == 404


def in_cell(work: Workplace, grid: str, cell: int, **query: str) -> tuple[list[str], bool]:
    """Return the names of the images behind a cell, and whether they are all there are."""
    asked = "".join(f"&{name}={value}" for name, value in query.items())
    found = work.get(f"{AT}/cells?grid={grid}&cell={cell}{asked}").json()["cell"]
    return [image["filename"] for image in found["images"]], found["is_whole"]


def test_cells__lead_to_their_images(signs: Workplace) -> None:
    signs.post(f"{AT}/refresh")
    assert in_cell(signs, "centers", 16 * 32 + 24) == (["0.png"], True)
    assert in_cell(signs, "sizes", 16 * 24 + 16) == (["1.png"], True)
    assert in_cell(signs, "sizes", 16 * 24 + 16, class_name="yield") == (["1.png"], True)
    assert in_cell(signs, "sizes", 16 * 24 + 16, class_name="stop") == ([], True)
    # A point has a place and no size; and nothing is where nothing is.
    assert in_cell(signs, "centers", 31 * 32 + 31, class_name="tip") == (["0.png"], True)
    assert in_cell(signs, "sizes", 5) == in_cell(signs, "centers", 60_000) == ([], True)
    refused = signs.get(f"{AT}/cells?grid=sizes&cell=5&class_name=nothing")
    assert (refused.status_code, refused.json()["code"]) == (409, "cells_not_kept")


def test_cells__before_they_are_noted(signs: Workplace) -> None:
    refused = signs.get(f"{AT}/cells?grid=sizes&cell=5")
    assert (refused.status_code, refused.json()["code"]) == (409, "cells_not_kept")
    assert "Measure the dataset again" in refused.json()["fix"]
    # As a server without them left it.
    signs.post(f"{AT}/refresh")
    with signs.platform.db.write() as conn:
        conn.execute(delete(tables.statistics_cells))
    assert signs.get(f"{AT}/cells?grid=sizes&cell=5").status_code == 409
    assert measured(signs)["status"] == "ready"


def test_cells__of_many_images_the_first_that_are_still_there(signs: Workplace) -> None:
    dataset = signs.get("/datasets/by-name/signs").json()["dataset"]["id"]
    ids = [signs.add_image(dataset, f"more {number:02}.png", size_wh=(64, 64)) for number in range(IMAGES_A_CELL + 1)]
    for number, image in enumerate(ids):
        # Two of them at one place, of one class or of two.
        signs.save(image, [box("stop", 0, 0, 8, 8), box("yield" if number % 2 else "stop", 0, 0, 8, 8)])
    signs.post(f"{AT}/refresh")
    names = [f"more {number:02}.png" for number in range(IMAGES_A_CELL)]
    assert in_cell(signs, "centers", 2 * 32 + 2) == (names, False)
    assert in_cell(signs, "centers", 2 * 32 + 2, class_name="yield") == ([*names[1::2]], True)
    signs.client.delete(f"/api/v1/developer/images/{ids[0]}")
    assert in_cell(signs, "centers", 2 * 32 + 2) == (names[1:], False)


def test_cells__of_classes_without_grids_count_to_all() -> None:
    measured = Measured(["large"])
    for name in ("large", "small", "tiny"):
        measured.add(ImageRow(new_id(), "new", 64, 64, [{"id": "1", **box(name, 0, 0, 8, 8)}], {}))
    cells = measured.cells()
    assert {key for key in cells if key[0] == "sizes"} == {("sizes", None), ("sizes", "large")}
    (cell,) = measured.result([]).box_sizes.cells
    assert [len(unpack(cells["sizes", name], cell)) for name in (None, "large")] == [3, 1]
