"""What one organisation made does not exist for another."""

import pytest
from fastapi.testclient import TestClient
from tests.api.jobs.workplace import D, Workplace
from tests.conftest import MakeClient, make_api_key, make_organization

from pictograph_server.services.models import service as models
from pictograph_server.services.models.service import NewModel


@pytest.fixture
def stranger(work: Workplace, make_client: MakeClient) -> TestClient:
    """An owner of another organisation."""
    other = make_organization(work.platform, "Other")
    return make_client(make_api_key(work.platform, other))


@pytest.fixture
def places(work: Workplace) -> dict[str, str]:
    """Paths of things that belong to the first organisation."""
    dataset = work.make_dataset("signs", [("stop", "bbox")])
    work.add_image(dataset, "a.png")
    work.post("/exports/", {"dataset_name": "signs", "name": "v1"})
    body = {"dataset_name": "signs", "image_filenames": ["a.png"], "classes": [{"name": "stop"}]}
    batch = work.post("/auto-annotate/batch", body).json()["job_id"]
    new = NewModel(work.organization_id, dataset, "a-run", "m", "object_detection", "x", ["stop"], {}, {}, {})
    with work.platform.db.write() as conn:
        model = models.create(conn, new)
    return {"export": "/exports/signs/v1", "batch": f"/auto-annotate/batch/{batch}", "model": f"/models/{model}"}


@pytest.mark.parametrize("what", ["export", "batch", "model"])
def test_get__other_organization_is_404(work: Workplace, stranger: TestClient, places: dict[str, str], what: str):
    assert work.get(places[what]).status_code == 200
    assert stranger.get(D + places[what]).status_code == 404


@pytest.mark.parametrize("what", ["export", "model"])
def test_delete__other_organization_is_404(work: Workplace, stranger: TestClient, places: dict[str, str], what: str):
    assert stranger.delete(D + places[what]).status_code == 404
    assert work.get(places[what]).status_code == 200


def test_cancel_batch__other_organization_is_404(work: Workplace, stranger: TestClient, places: dict[str, str]):
    assert stranger.post(f"{D}{places['batch']}/cancel").status_code == 404
    assert work.get(places["batch"]).json()["status"] == "pending"


@pytest.mark.parametrize("path", ["/exports/", "/models/", "/training/"])
def test_list__other_organization_sees_nothing(stranger: TestClient, places: dict[str, str], path: str):
    (found,) = stranger.get(D + path).json().values()
    assert found == []


def test_batch__ids_of_another_organization_are_unknown(work: Workplace, stranger: TestClient, places: dict[str, str]):
    images = work.get("/datasets/by-name/signs?include_images=true").json()["dataset"]["images"]
    stranger.post(f"{D}/projects/", json={"name": "mine"})
    body = {"dataset_name": "mine", "image_ids": [images[0]["id"]], "classes": [{"name": "stop"}]}
    assert stranger.post(f"{D}/auto-annotate/batch", json=body).status_code == 404


@pytest.mark.parametrize(
    ("method", "what"), [("DELETE", "export"), ("DELETE", "model")], ids=["delete export", "delete model"]
)
def test_role__member_may_not_delete(
    work: Workplace, make_client: MakeClient, places: dict[str, str], method: str, what: str
):
    member = make_client(make_api_key(work.platform, work.organization_id, role="member"))
    assert member.request(method, D + places[what]).status_code == 403


def test_role__viewer_may_not_start_jobs(work: Workplace, make_client: MakeClient, places: dict[str, str]):
    viewer = make_client(make_api_key(work.platform, work.organization_id, role="viewer"))
    assert viewer.get(D + places["batch"]).status_code == 200
    assert viewer.post(f"{D}/exports/", json={"dataset_name": "signs", "name": "v2"}).status_code == 403
