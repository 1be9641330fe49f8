"""`GET /auto-annotate/annotators`, and what the client makes of it."""

import pytest
from fastapi.testclient import TestClient
from tests.conftest import MakeClient, MakeKey

from pictograph_server.engines.annotators import availability
from pictograph_server.engines.annotators.checkpoints import weights


@pytest.fixture(autouse=True)
def open_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with nothing in its cache, nobody logged in, and a hub that gives to everybody."""
    monkeypatch.setattr(weights, "cached_folder", lambda _: None)  # pyright: ignore[reportUnknownLambdaType]
    monkeypatch.setattr(weights, "is_logged_in", lambda: False)
    monkeypatch.setattr(availability, "ask_hub_for", lambda ids: [None for _ in ids])  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType, reportUnknownVariableType]


def test_annotators__best_first_with_what_is_missing(app_client: TestClient) -> None:
    answer = app_client.get("/api/v1/developer/auto-annotate/annotators")
    assert answer.status_code == 200
    sam3, grounded, owlv2, tiny = answer.json()["annotators"]
    assert (sam3["name"], sam3["is_available"], sam3["license"]) == ("sam3", False, "SAM License")
    assert "nobody is logged in" in sam3["why_not"] and "hf auth login" in sam3["fix"]
    assert grounded["is_available"] and not grounded["is_here"] and grounded["download_bytes"] > 8e8
    assert grounded["capabilities"] == ["box", "point", "text"] and "exemplar" in owlv2["capabilities"]
    # The server of these tests is set to it.
    assert tiny["is_default"] and [each["is_default"] for each in (sam3, grounded, owlv2)] == [False] * 3


def test_annotators__every_key_may_look_and_nobody_else(make_client: MakeClient, make_key: MakeKey) -> None:
    path = "/api/v1/developer/auto-annotate/annotators"
    assert make_client(make_key("viewer")).get(path).status_code == 200
    assert make_client().get(path).status_code == 401
