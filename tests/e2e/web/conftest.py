"""The web app in Debian's Chromium, against a real server, as a person who has signed in sees it."""

import os
import shutil
from collections.abc import Callable, Generator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from examples.local_server import LocalServer
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, ViewportSize, sync_playwright

from pictograph_server.routes.web_app import FOLDER as BUILT

ROOT = Path(__file__).parents[3]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
# Set where the tests have to run: then a missing browser is a failure.
REQUIRED = "PICTOGRAPH_REQUIRE_BROWSER"
DESKTOP = ViewportSize(width=1440, height=900)
CheckAxe = Callable[[Page], None]


def sign_in(context: BrowserContext, server: LocalServer, *arguments: str) -> None:
    """Give the browser the session of a person, as opening a login link does."""
    token = server.login_link(*arguments).rpartition("/")[2]
    answer = context.request.post(
        f"{server.base_url}/api/v1/session/link", data={"token": token}, headers={"Origin": server.base_url}
    )
    assert answer.ok, answer.text()


@pytest.fixture(scope="module")
def chromium() -> Generator[Browser]:
    """A browser for a module's tests. Not for longer: while it is open, nothing else may run an event loop here."""
    program = shutil.which("chromium")
    missing = "chromium is not installed" if program is None else "the web app is not built: run `make web`"
    if program is None or not (BUILT / "index.html").exists():
        if os.environ.get(REQUIRED):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser, server: LocalServer) -> Generator[BrowserContext]:
    """A browser profile of its own in which the server's owner is signed in."""
    context = chromium.new_context(base_url=server.base_url, viewport=DESKTOP)
    context.set_default_timeout(15_000)
    sign_in(context, server)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Generator[Page]:
    """A tab. At the end, what the browser complained about in between fails the test."""
    page = context.new_page()
    complaints = complaints_of(page)
    yield page
    assert not complaints, "\n".join(complaints)


def complaints_of(page: Page) -> list[str]:
    """Return a list that fills with uncaught errors, refusals of the content security policy, and calls elsewhere."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            complaints.append(message.text)

    def watch(request: Request) -> None:
        if urlsplit(request.url).scheme in ("http", "https") and urlsplit(request.url).hostname != "127.0.0.1":
            complaints.append(f"it asked {request.url}; the app has to work without internet")

    page.on("console", hear)
    page.on("request", watch)
    return complaints


@pytest.fixture(scope="session")
def check_axe() -> CheckAxe:
    """Fail with what axe finds on the page: WCAG 2.2 A and AA."""
    source = AXE.read_text()

    def check(page: Page) -> None:
        # Through the debugger, which the page's content security policy does not bind.
        page.evaluate(source)
        found = page.evaluate(
            "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        )
        problems = [
            f"{each['id']} ({each['impact']}): {each['help']}: "
            + "; ".join(node["html"][:160] for node in each["nodes"][:3])
            for each in found["violations"]
        ]
        assert not problems, f"axe on {page.url}:\n" + "\n".join(problems)

    return check
