"""The web app's files and page, and what of it is nobody's page."""

import gzip
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from pictograph_server.routes.web_app import WebApp, WebFiles

PAGE = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "web_app"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Pictograph</title>")
    (folder / "assets" / "index-1a2b.js").write_text("console.log(1)")
    (tmp_path / "secret.txt").write_text("beside")
    return folder


@pytest.fixture
def browser(built: Path) -> TestClient:
    otherwise = WebApp(PlainTextResponse("no such endpoint", 404), built)
    return TestClient(WebFiles(otherwise, built), headers=PAGE)


@pytest.mark.parametrize("path", ["/", "/datasets", "/datasets/a%2Fb/images/1", "/no/such/page"])
def test_web_app__is_the_page_at_every_address(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 200
    assert "<title>Pictograph" in answer.text
    assert answer.headers["cache-control"] == "no-cache"


def test_web_app__allows_no_inline_script(browser: TestClient) -> None:
    policy = dict(part.strip().split(" ", 1) for part in browser.get("/").headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"


def test_web_app__assets_are_kept_for_ever_and_compressed(browser: TestClient) -> None:
    with browser.stream("GET", "/assets/index-1a2b.js", headers={"Accept-Encoding": "gzip"}) as answer:
        packed = b"".join(answer.iter_raw())
    assert gzip.decompress(packed) == b"console.log(1)"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/api/v1/developer/nothing", PAGE),
        ("/assets/index-old.js", PAGE),
        ("/files/token", PAGE),
        ("/nothing", {"Accept": "application/json"}),
        ("/assets/%2e%2e/%2e%2e/secret.txt", {"Accept": "*/*"}),
        ("/%2e%2e/secret.txt", {"Accept": "*/*"}),
    ],
)
def test_web_app__leaves_programs_their_404(browser: TestClient, path: str, headers: Mapping[str, str]) -> None:
    answer = browser.get(path, headers=dict(headers))
    assert (answer.status_code, answer.text) == (404, "no such endpoint")


def test_web_app__a_new_build_is_served_without_a_restart(browser: TestClient, built: Path) -> None:
    assert browser.get("/assets/index-1a2b.js").status_code == 200
    _build_anew(built, "index-3c4d.js")
    page = browser.get("/datasets")
    assert "index-3c4d.js" in page.text
    assert browser.get("/assets/index-3c4d.js").text == "console.log(2)"
    assert browser.get("/icon.svg", headers={"Accept": "*/*"}).text == "<svg/>"
    assert browser.get("/assets/index-1a2b.js").status_code == 404


def test_web_app__the_page_of_a_new_build_came_from_another_process(browser: TestClient, built: Path) -> None:
    assert browser.get("/assets/index-1a2b.js").status_code == 200
    _build_anew(built, "index-3c4d.js")
    # An older page asks for what is gone.
    assert browser.get("/assets/index-1a2b.js").status_code == 404
    assert browser.get("/assets/index-3c4d.js").text == "console.log(2)"


def _build_anew(folder: Path, script: str) -> None:
    for old in (folder / "assets").iterdir():
        old.unlink()
    (folder / "assets" / script).write_text("console.log(2)")
    (folder / "icon.svg").write_text("<svg/>")
    page = folder / "index.html"
    page.write_text(f"<!doctype html><title>Pictograph</title><script src=/assets/{script}></script>")
    # The clock of a disk may be slower than a test.
    later = page.stat().st_mtime_ns + 1_000_000_000
    os.utime(page, ns=(later, later))


def test_web_app__nothing_is_posted_to_it(browser: TestClient) -> None:
    assert browser.post("/datasets").status_code == 404


def test_web_app__says_how_to_build_it(tmp_path: Path) -> None:
    answer = TestClient(WebApp(PlainTextResponse("", 404), tmp_path), headers=PAGE).get("/")
    assert answer.status_code == 503
    assert "make web" in answer.text


def test_server__answers_pages_and_programs(app_client: TestClient) -> None:
    page = app_client.get("/datasets", headers=PAGE)
    assert page.headers["content-type"].startswith("text/html")
    program = app_client.get("/no-such-thing", headers={"Accept": "application/json"})
    assert (program.status_code, program.json()["code"]) == (404, "no_such_endpoint")
