"""`client.models.load` and `card`: downloaded once, opened here; names found, and refused with what there is."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from tests.networks import red_detector
from tests.unit.pictograph.wire import API, client_of

from pictograph._http.mock import MockApi, Reply
from pictograph._internal.config import model_cache
from pictograph.exceptions import ConflictError, NetworkError, NotFoundError
from pictograph.inference import DetectionModel

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC).isoformat()
ID = "0198c0de-0000-7000-8000-000000000001"
DOWNLOAD = f"{API}/models/{ID}/download"


def listed(id: str, name: str, status: str = "ready") -> dict[str, Any]:
    return {
        "id": id,
        "organization_id": "o1",
        "name": name,
        "model_type": "object_detection",
        "visibility": "private",
        "status": status,
        "created_at": NOW,
        "updated_at": NOW,
    }


@pytest.fixture
def api(tmp_path: Path) -> MockApi:
    """A server with one model file, which finds what is red."""
    content = red_detector(tmp_path / "server").read_bytes()
    api = MockApi()
    api.on("GET", DOWNLOAD, {"download_url": "http://mock.test/signed"})
    api.on("GET", "/signed", Reply(content=content))
    return api


def test_load__by_id_is_downloaded_once(api: MockApi, tmp_path: Path) -> None:
    image = np.full((40, 50, 3), (255, 0, 0), np.uint8)
    for _ in range(2):
        model = client_of(api).models.load(ID, device="cpu", threads=1, cache=tmp_path / "cache")
        assert isinstance(model, DetectionModel)
        assert [each.class_name for each in model.predict(image)] == ["stop_sign"]
    assert len(api.made("GET", "/signed")) == 1
    assert sorted(file.name for file in (tmp_path / "cache" / ID).iterdir()) == ["model.onnx", "model.onnx.sha256"]
    # Nothing else was asked: what is here is opened without the server.
    assert [call.path for call in api.calls] == [DOWNLOAD, "/signed"]


def test_load__other_bytes_in_the_cache_are_fetched_again(api: MockApi, tmp_path: Path) -> None:
    client_of(api).models.load(ID, cache=tmp_path)
    file = tmp_path / ID / "model.onnx"
    content = file.read_bytes()
    file.write_bytes(content[:-1] + b"\x00")
    client_of(api).models.load(ID, cache=tmp_path)
    assert file.read_bytes() == content and len(api.made("GET", "/signed")) == 2


def test_load__broken_download_leaves_nothing_behind(api: MockApi, tmp_path: Path) -> None:
    api.on("GET", "/signed", Reply(error=httpx2.ReadError))
    with pytest.raises(NetworkError):
        client_of(api).models.load(ID, cache=tmp_path)
    assert list((tmp_path / ID).iterdir()) == []


def test_load__newest_ready_one_of_a_name(api: MockApi, tmp_path: Path) -> None:
    models = [listed("m3", "signs", "failed"), listed(ID, "signs"), listed("m1", "signs")]
    api.on("GET", f"{API}/models/", {"models": models})
    assert client_of(api).models.load("signs", cache=tmp_path).class_names == ("stop_sign", "yield")
    assert api.made("GET", DOWNLOAD)


def test_load__unknown_name_says_which_there_are(api: MockApi, tmp_path: Path) -> None:
    models = [listed(f"m{number}", f"model {number}") for number in range(12)] + [listed("m99", "model 0")]
    api.on("GET", f"{API}/models/", {"models": models})
    with pytest.raises(NotFoundError, match=r"no model 'sign'; there are 'model 0', .*'model 9' and 2 more"):
        client_of(api).models.load("sign", cache=tmp_path)


def test_load__name_without_a_ready_model(api: MockApi, tmp_path: Path) -> None:
    api.on("GET", f"{API}/models/", {"models": [listed("m1", "signs", "training")]})
    with pytest.raises(ConflictError, match="No model 'signs' is ready: the newest is training"):
        client_of(api).models.load("signs", cache=tmp_path)


def test_load__strange_id_of_a_server_stays_inside_the_cache(api: MockApi, tmp_path: Path) -> None:
    api.on("GET", f"{API}/models/", {"models": [listed("../../evil", "signs")]})
    api.on("GET", f"{API}/models/..%2F..%2Fevil/download", {"download_url": "http://mock.test/signed"})
    client_of(api).models.load("signs", cache=tmp_path / "a" / "cache")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "server"]
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["cache"]


def test_model_cache__of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert model_cache({}) == tmp_path / ".cache" / "pictograph" / "models"
    assert model_cache({"XDG_CACHE_HOME": "/var/cache"}) == Path("/var/cache/pictograph/models")


def test_download__another_file(api: MockApi, tmp_path: Path) -> None:
    api.on("GET", "/signed", Reply(content=b"# A model"))
    client_of(api).models.download(ID, tmp_path / "card.md", file="card.md")
    assert api.calls[0].query == {"file": "card.md"} and (tmp_path / "card.md").read_text() == "# A model"
    client_of(api).models.download(ID, tmp_path / "model.onnx")
    assert api.calls[2].query == {}


def test_card__as_the_server_wrote_it(api: MockApi) -> None:
    card = {
        "pipeline": "yolox",
        "task": "object_detection",
        "architecture": "yolox_nano",
        "class_names": ["stop_sign"],
        "inference": {"version": 1},
        "metrics": {"map_50": 0.5},
        "data": {"sha256": "00", "images": 5, "splits": {"train": 5}, "measured_on": "train", "objects": {}},
        "training": {
            "config": {},
            "plan": {"epochs": 3},
            "best_epoch": 2,
            "epochs": 3,
            "seed": 0,
            "device": "cpu",
            "seconds": 1.5,
            "finished_at": NOW,
        },
        "files": {
            "model.onnx": {"sha256": "11", "size_bytes": 9, "opset": 17, "largest_difference_from_torch": {"a": 1e-6}},
            "model.safetensors": {"holds": "weights"},
        },
        "versions": {"torch": "2.10"},
        "license": "Apache-2.0",
        "something_new": 1,
    }
    api.on("GET", f"/api/v1/developer/models/{ID}/card", {"card": card})
    read = client_of(api).models.card(ID)
    assert read.metrics == {"map_50": 0.5} and read.files.onnx.opset == 17 and read.training.started_from is None
