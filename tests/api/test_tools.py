"""`GET /tools.json`: what language models may call."""

from fastapi.testclient import TestClient
from tests.api.steps import API
from tests.conftest import MakeClient, MakeKey

from pictograph.agents import REGISTRY


def test_tools__are_those_of_the_client(make_client: MakeClient, make_key: MakeKey) -> None:
    answer = make_client(make_key("viewer")).get(f"{API}/tools.json")
    assert answer.json() == [tool.to_json() for tool in REGISTRY]


def test_tools__need_a_key(make_client: MakeClient, app_client: TestClient) -> None:
    assert make_client().get(f"{API}/tools.json").status_code == 401
