"""Signing in, the people and keys of an organization, exports and credits, as two people in two browsers use them."""

import hashlib
import re
import time
import zipfile
from collections.abc import Generator
from pathlib import Path

import pytest
from examples.local_server import LocalServer
from playwright.sync_api import Browser, Page, expect

from pictograph import Client
from pictograph.exceptions import AuthError
from pictograph.workflows import upload_dataset_from_folder

from .conftest import DESKTOP, CheckAxe, complaints_of

BOB = "bob@example.org"
CAROL = "carol@example.org"
PASSWORD = "seven dry umbrellas"
NEW_PASSWORD = "nine borrowed umbrellas"
DATASET = "exported signs"


@pytest.fixture
def other_page(chromium: Browser, server: LocalServer) -> Generator[Page]:
    """A tab of another browser, in which nobody is signed in."""
    context = chromium.new_context(base_url=server.base_url, viewport=DESKTOP)
    context.set_default_timeout(15_000)
    page = context.new_page()
    complaints = complaints_of(page)
    yield page
    context.close()
    assert not complaints, "\n".join(complaints)


def test_people__invited_signed_in_promoted_and_removed(page: Page, other_page: Page, check_axe: CheckAxe) -> None:
    bob = other_page
    bob.goto("/organization/members")
    expect(bob.get_by_role("heading", name="Sign in", level=1)).to_be_visible()
    check_axe(bob)
    bob.get_by_role("link", name="Forgotten password").click()
    expect(bob.get_by_text("This server sends no letters")).to_be_visible()
    check_axe(bob)

    # The owner has come by a link so far, and is told what is easier.
    page.goto("/account")
    expect(page.get_by_text("You came in with a link")).to_be_visible()
    check_axe(page)
    page.goto("/organization/invites")
    page.get_by_role("button", name="Invite somebody").first.click()
    invite = page.get_by_role("dialog")
    invite.get_by_label("E-mail").fill(BOB)
    invite.get_by_label("Role").select_option("viewer")
    invite.get_by_role("button", name="Invite").click()
    link = invite.locator("pre").inner_text()
    invite.get_by_role("button", name="Done").click()
    expect(page.get_by_role("row", name=BOB)).to_contain_text("pending")
    check_axe(page)

    bob.goto(link)
    bob.get_by_label("Your name").fill("Bob Builder")
    bob.get_by_label("A new password").fill(PASSWORD)
    bob.get_by_role("button", name="Accept").click()
    expect(bob.get_by_role("button", name="Bob Builder")).to_be_visible()

    # A viewer looks at everything, and is told why there is nothing to press.
    bob.goto("/organization")
    expect(bob.get_by_text("Renaming it needs the role admin; yours is viewer.")).to_be_visible()
    check_axe(bob)
    bob.get_by_role("navigation", name="Organization").get_by_role("link", name="API keys").click()
    expect(bob.get_by_text("Making and revoking keys needs the role admin")).to_be_visible()
    bob.get_by_role("link", name="Audit log").click()
    expect(bob.get_by_role("heading", name="The audit log is for admins")).to_be_visible()
    check_axe(bob)
    bob.goto("/exports")
    expect(bob.get_by_text("Exporting needs the role member; yours is viewer.")).to_be_visible()

    page.get_by_role("link", name="Members").click()
    page.get_by_label("Role of Bob Builder").select_option("member")
    expect(page.get_by_text("Bob Builder is member now", exact=True)).to_be_visible()
    check_axe(page)
    bob.reload()
    expect(bob.get_by_role("button", name="New export").first).to_be_visible()

    # Out, and in again with the password; the page that was wanted is the one that opens.
    bob.get_by_role("button", name="Bob Builder").click()
    bob.get_by_role("menuitem", name="Sign out").click()
    expect(bob.get_by_role("heading", name="Sign in", level=1)).to_be_visible()
    bob.goto("/sign-in?next=/account")
    bob.get_by_label("E-mail", exact=True).fill(BOB)
    bob.get_by_label("Password", exact=True).fill("eight wet umbrellas")
    bob.keyboard.press("Enter")
    expect(bob.get_by_role("alert")).to_be_visible()
    bob.get_by_label("Password", exact=True).fill(PASSWORD)
    bob.keyboard.press("Enter")
    bob.wait_for_url("**/account")
    expect(bob.get_by_text("this one")).to_be_visible()
    bob.get_by_label("Name", exact=True).fill("Bob the Builder")
    bob.get_by_role("button", name="Save").click()
    expect(bob.get_by_role("button", name="Bob the Builder")).to_be_visible()

    page.reload()
    page.get_by_role("button", name="More for Bob the Builder").click()
    page.get_by_role("menuitem", name="Link to set a new password").click()
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_role("dialog").locator("pre")).to_contain_text("/reset-password/")
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="More for Bob the Builder").click()
    page.get_by_role("menuitem", name="Remove from the organization").click()
    expect(page.get_by_text("API keys that they made are switched off")).to_be_visible()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_role("row", name=BOB)).to_have_count(0)
    bob.get_by_role("link", name="Credits").click()
    expect(bob.get_by_role("heading", name="Sign in", level=1)).to_be_visible()

    page.goto("/organization/audit?action=member")
    for sentence in ("removed bob@example.org from the organization", "made bob@example.org member, who was viewer"):
        expect(page.get_by_role("cell", name=sentence)).to_be_visible()
    check_axe(page)
    page.get_by_label("What was done").select_option("invite")
    expect(page.get_by_role("cell", name=f"invited {BOB} as viewer")).to_be_visible()
    expect(page.get_by_role("cell", name="removed")).to_have_count(0)
    assert "action=invite" in page.url


def test_account__made_by_an_invite_with_a_forgotten_password_and_deleted(
    page: Page, other_page: Page, client: Client, check_axe: CheckAxe
) -> None:
    carol = other_page
    invite = client.organizations.invite(CAROL, role="member")
    assert invite.link is not None
    carol.goto(invite.link)
    check_axe(carol)
    carol.get_by_label("Your name").fill("Carol Carpenter")
    carol.get_by_label("A new password").fill("short")
    carol.get_by_role("button", name="Accept").click()
    expect(carol.get_by_role("alert")).to_contain_text("10")
    check_axe(carol)
    carol.get_by_label("Your name").fill("Carol Carpenter")
    carol.get_by_label("A new password").fill(PASSWORD)
    carol.get_by_role("button", name="Accept").click()
    expect(carol.get_by_role("button", name="Carol Carpenter")).to_be_visible()
    carol.goto(invite.link)
    expect(carol.get_by_role("heading", name="This does not work")).to_be_visible()
    check_axe(carol)

    # Forgotten: an admin makes the link, which signs out everywhere and in here.
    page.goto("/organization/members?q=carol")
    page.get_by_role("button", name="More for Carol Carpenter").click()
    page.get_by_role("menuitem", name="Link to set a new password").click()
    page.get_by_role("button", name="Make the link").click()
    carol.goto(page.get_by_role("dialog").locator("pre").inner_text())
    check_axe(carol)
    carol.get_by_label("A new password").fill(NEW_PASSWORD)
    carol.get_by_role("button", name="Set the password").click()
    expect(carol.get_by_role("button", name="Carol Carpenter")).to_be_visible()

    carol.goto("/account")
    carol.get_by_role("button", name="Delete my account").click()
    confirm = carol.get_by_role("dialog")
    check_axe(carol)
    confirm.get_by_label("Your password").fill(PASSWORD)
    confirm.get_by_role("button", name="Delete it for good").click()
    expect(confirm.get_by_role("alert")).to_be_visible()
    confirm.get_by_label("Your password").fill(NEW_PASSWORD)
    confirm.get_by_role("button", name="Delete it for good").click()
    expect(carol.get_by_role("heading", name="Sign in", level=1)).to_be_visible()
    page.reload()
    expect(page.get_by_text("No member has “carol”")).to_be_visible()


def test_work__a_key_an_export_and_what_it_cost(
    page: Page, server: LocalServer, client: Client, signs: Path, tmp_path: Path, check_axe: CheckAxe
) -> None:
    upload_dataset_from_folder(client, DATASET, signs)
    _make_and_revoke_a_key(page, server, check_axe)
    _export_and_download(page, tmp_path / "export.zip", check_axe)
    _look_at_credits(page, client, check_axe)


def _make_and_revoke_a_key(page: Page, server: LocalServer, check_axe: CheckAxe) -> None:
    page.goto("/organization/api-keys")
    page.get_by_role("button", name="New API key").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name").fill("browser key")
    form.get_by_label("Expires").select_option("30")
    form.get_by_role("button", name="Make the key").click()
    secret = form.locator("pre").first.inner_text()
    expect(form.locator("pre").last).to_contain_text(f"PICTOGRAPH_BASE_URL={server.base_url}")
    check_axe(page)
    form.get_by_role("button", name="I have stored it").click()
    with Client(secret, base_url=server.base_url) as client:
        assert client.organizations.me().member_count >= 1
        page.get_by_role("button", name="More for browser key").click()
        page.get_by_role("menuitem", name="Revoke").click()
        page.get_by_role("button", name="Revoke it").click()
        expect(page.get_by_role("cell", name="browser key", exact=True)).to_have_count(0)
        assert _is_refused_soon(client)
    page.goto("/organization/audit?action=api_key")
    expect(page.get_by_role("cell", name="deleted the API key browser key")).to_be_visible()


def _export_and_download(page: Page, path: Path, check_axe: CheckAxe) -> None:
    page.goto("/exports")
    page.get_by_role("button", name="New export").first.click()
    form = page.get_by_role("dialog")
    form.get_by_label("Dataset").select_option(DATASET)
    form.get_by_role("radio", name=re.compile("^yolo_detect")).check()
    form.get_by_label("Name").fill("from the browser")
    form.get_by_label("Put the images into the ZIP").check()
    expect(form.locator("pre")).to_contain_text('format="yolo_detect", include_images=True')
    check_axe(page)
    form.get_by_role("button", name="Export", exact=True).click()

    export = page.get_by_role("dialog", name="from the browser")
    download = export.get_by_role("button", name="Download")
    expect(download).to_be_enabled(timeout=30_000)
    expect(export.get_by_text("could hold everything")).to_be_visible()
    check_axe(page)
    with page.expect_download() as downloading:
        download.click()
    downloading.value.save_as(path)
    expect(export.get_by_text(hashlib.sha256(path.read_bytes()).hexdigest())).to_be_visible()
    with zipfile.ZipFile(path) as archive:
        assert sum(name.endswith(".jpg") for name in archive.namelist()) == 16

    page.keyboard.press("Escape")
    expect(page.get_by_role("row", name="from the browser")).to_contain_text("ready")
    check_axe(page)
    page.get_by_role("link", name="from the browser").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("row", name="from the browser")).to_have_count(0)


def _look_at_credits(page: Page, client: Client, check_axe: CheckAxe) -> None:
    balance = client.credits.balance()
    page.goto("/credits")
    expect(page.get_by_role("row", name="Monthly allowance")).to_contain_text("+1,000,000")
    expect(page.get_by_text(f"{balance.credits_monthly_allowance:,}", exact=True)).not_to_have_count(0)
    page.get_by_label("What would it cost?").select_option(label="Training that asks for h100")
    page.get_by_label("Number of minutes").fill("12")
    expect(page.get_by_text(re.compile("^216 credits"))).to_be_visible()
    page.get_by_role("radio", name="7 days").click()
    page.wait_for_url("**/credits?days=7")
    check_axe(page)


def _is_refused_soon(client: Client) -> bool:
    """Return whether the key stops working within the seconds for which a server remembers keys."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            client.organizations.me()
        except AuthError:
            return True
        time.sleep(0.2)
    return False
