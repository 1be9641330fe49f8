"""`/openapi.json`, and `/docs`, which people read."""

import re
from html.parser import HTMLParser

from fastapi.testclient import TestClient


def test_docs__every_operation_and_schema_is_there(app_client: TestClient) -> None:
    document = app_client.get("/openapi.json").json()
    page = app_client.get("/docs").text
    for path in document["paths"]:
        assert f"<code>{path}</code>" in page
    anchors = set(re.findall(r'id="(schema-[^"]+)"', page))
    assert anchors
    assert set(re.findall(r'href="#(schema-[^"]+)"', page)) <= anchors


def test_docs__load_nothing_from_elsewhere(app_client: TestClient) -> None:
    answer = app_client.get("/docs")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    loaded: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag in ("script", "link", "img", "iframe"):
                loaded.append(tag)

    Reader().feed(answer.text)
    assert loaded == []


def test_openapi__what_it_refers_to_is_in_it(app_client: TestClient) -> None:
    answer = app_client.get("/openapi.json")
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', answer.text))
    assert named <= answer.json()["components"]["schemas"].keys()


def test_openapi__says_how_to_prove_who_asks(app_client: TestClient) -> None:
    document = app_client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    [scheme] = document["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", "X-API-Key")


def test_openapi__every_route_below_api_needs_a_key_or_a_session(app_client: TestClient) -> None:
    document = app_client.get("/openapi.json").json()
    open_to_all = {
        path
        for path, item in document["paths"].items()
        for operation in item.values()
        if path.startswith("/api/") and "security" not in operation
    }
    # Signing in, and what a person does with a session of their own.
    assert all(path.startswith(("/api/v1/session", "/api/v1/account")) for path in open_to_all), open_to_all
