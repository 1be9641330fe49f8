"""The frame around every page: signing in, the navigation, both themes, addresses that lead nowhere."""

import gzip
import re
import urllib.request
from pathlib import Path

from examples.local_server import LocalServer
from playwright.sync_api import Browser, Page, expect

from pictograph_server.routes.web_app import FOLDER as BUILT

from .conftest import DESKTOP, CheckAxe

# What the page says it loads before it can be used, with the font it is written in.
FIRST_LOAD_BYTES = 250_000


def test_shell__leads_to_every_place(page: Page, check_axe: CheckAxe) -> None:
    page.goto("/")
    navigation = page.get_by_role("navigation", name="Main")
    for place in ("Pipelines", "Datasets", "Training", "Models", "Exports", "Jobs", "Credits", "Organization"):
        navigation.get_by_role("link", name=place).click()
        page.wait_for_url(f"**/{place.lower()}")
        # Its own: that of the page before stands until its code is there.
        expect(page).to_have_title(re.compile(f"{place}.* - Pictograph", re.IGNORECASE))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    check_axe(page)


def test_shell__keeps_the_chosen_theme(page: Page, check_axe: CheckAxe) -> None:
    page.goto("/jobs")
    page.get_by_role("button", name="Account").click()
    page.get_by_role("menuitem", name="Dark").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    check_axe(page)


def test_shell__nothing_is_at_a_wrong_address(page: Page) -> None:
    page.goto("/no/such/page")
    expect(page.get_by_role("heading", name="no page at this address")).to_be_visible()


def test_shell__sends_strangers_to_sign_in_and_back(chromium: Browser, server: LocalServer) -> None:
    context = chromium.new_context(base_url=server.base_url, viewport=DESKTOP)
    page = context.new_page()
    page.goto("/datasets?sort=name")
    page.wait_for_url("**/sign-in?next=*")
    assert "datasets" in page.url
    context.close()


def test_shell__first_load_is_small(server: LocalServer) -> None:
    with urllib.request.urlopen(urllib.request.Request(server.base_url, headers={"Accept": "text/html"})) as answer:
        page = answer.read().decode()
    loaded = [path for path in sorted(BUILT.rglob("*")) if path.is_file() and path.name in page]
    size = sum(_sent_bytes(path) for path in loaded)
    assert len(loaded) >= 5
    assert any(path.suffix == ".woff2" for path in loaded), "a late font moves what is there"
    assert size < FIRST_LOAD_BYTES, f"{size} bytes: {[path.name for path in loaded]}"


def _sent_bytes(path: Path) -> int:
    content = path.read_bytes()
    return len(content) if path.suffix == ".woff2" else len(gzip.compress(content, 9))
