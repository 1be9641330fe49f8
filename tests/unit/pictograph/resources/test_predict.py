"""`client.models.predict`: what is sent, and what is made of the answer."""

from pathlib import Path

import pytest
from tests.unit.pictograph.wire import API, client_of

from pictograph._http.mock import MockApi
from pictograph.models.prediction import Prediction

ID = "0198c0de-0000-7000-8000-000000000001"
PLACE = f"{API}/models/{ID}/predict"
ANSWER = Prediction.model_validate(
    {
        "model_id": ID,
        "task": "object_detection",
        "class_names": ["stop"],
        "image_width": 4,
        "image_height": 3,
        "objects": [{"class_name": "stop", "confidence": 0.9, "bounding_box": {"x": 1, "y": 1, "w": 2, "h": 1}}],
        "confidence": 0.5,
        "suggested_confidence": 0.25,
        "network_seconds": 0.1,
        "total_seconds": 0.2,
        "engine": f"model:{ID}",
    }
)


@pytest.fixture
def api() -> MockApi:
    api = MockApi()
    api.on("POST", PLACE, ANSWER.model_dump(mode="json"))
    return api


def test_predict__sends_the_file(api: MockApi, tmp_path: Path) -> None:
    file = tmp_path / "street.png"
    file.write_bytes(b"some bytes")
    with client_of(api) as client:
        assert client.models.predict(ID, file, confidence=0.5) == ANSWER
    [call] = api.calls
    assert call.headers["content-type"].startswith("multipart/form-data")
    assert b'filename="street.png"' in call.body and b"some bytes" in call.body
    assert b'name="confidence"\r\n\r\n0.5' in call.body


def test_predict__image_of_the_server(api: MockApi) -> None:
    with client_of(api) as client:
        client.models.predict(ID, image_id="i1")
    assert api.calls[0].form == {"image_id": "i1", "max_detections": "100"}


def test_predict__needs_one_image(api: MockApi) -> None:
    with client_of(api) as client, pytest.raises(ValueError, match="image_id"):
        client.models.predict(ID)
