"""Uploads that do not go straight: paused on a slow line, seen from the editor, cut off by a reload, gone on with."""

import os
import re
import zipfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import CDPSession, Dialog, Page, expect

from pictograph import Client

from .conftest import CheckAxe

# For a machine that is busy with other things.
expect.set_options(timeout=20_000)

DATASET = "in pieces"
IMAGES = 12
SLOW_BYTES_A_SECOND = 700_000
# The archive is sent in parts of 16 MiB: this makes two of it.
PADDING_BYTES = 16 * 1024 * 1024 + 300_000


def test_uploads__paused_followed_cut_off_and_resumed(
    page: Page, client: Client, tmp_path: Path, check_axe: CheckAxe
) -> None:
    client.projects.create(DATASET)
    line = page.context.new_cdp_session(page)
    slow_down(line, SLOW_BYTES_A_SECOND)
    page.goto(f"/datasets/{DATASET}")
    page.get_by_label("Choose images").set_input_files([noise(tmp_path / f"{n:02}.png") for n in range(IMAGES)])
    tray = page.get_by_role("region", name="Uploads")
    expect(tray.get_by_role("status")).to_have_text(re.compile(rf"^[1-9] of {IMAGES} images$"))
    tray.get_by_role("button", name="Pause the upload").click()
    expect(tray.get_by_role("status")).to_contain_text("paused")
    page.wait_for_timeout(500)
    arrived = stored(client)
    page.wait_for_timeout(700)
    assert 0 < arrived == stored(client) < IMAGES

    # In the editor, which has the whole window, a small sign stands for the tray.
    page.get_by_role("gridcell").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("application")).to_be_focused()
    sign = tray.get_by_role("button", name="Upload")
    expect(sign).to_contain_text("paused")
    check_axe(page)
    sign.click()
    tray.get_by_role("button", name="Resume the upload").click()
    tray.get_by_role("button", name="Make it small").click()
    expect(sign).to_have_text(re.compile(r"[1-9]\d? %"))
    slow_down(line, -1)
    expect(sign).to_contain_text("100 %")
    assert stored(client) == IMAGES
    sign.click()
    # Nothing was sent twice: what had arrived is not «there already».
    expect(tray.get_by_role("status")).to_have_text(re.compile(rf"^{IMAGES} of {IMAGES} images"))
    tray.get_by_role("button", name="Take it off the list").click()
    expect(tray).to_have_count(0)
    page.get_by_role("link", name="Back to the gallery").click()

    # An archive, cut off by a reload after its first part.
    archive = tmp_path / "more.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(noise(tmp_path / "late.png"), "late.png")
        file.writestr("notes.bin", os.urandom(PADDING_BYTES))
    sent: list[int] = []
    page.on("request", lambda request: sent.extend(int(n) for n in re.findall(r"/parts/(\d+)\?", request.url)))
    # Neither sent nor refused.
    page.route("**/parts/1?*", lambda route: None)
    with page.expect_request("**/parts/1?*"):
        page.get_by_label("Choose an archive").set_input_files(archive)
    expect(tray.get_by_role("status")).to_contain_text("16.8 MB of")
    warned: list[str] = []

    def agree(dialog: Dialog) -> None:
        warned.append(dialog.type)
        dialog.accept()

    page.on("dialog", agree)
    page.reload()
    assert warned == ["beforeunload"]
    assert sent == [0, 1]
    page.unroute("**/parts/1?*")
    page.get_by_label("Choose an archive").set_input_files(archive)
    tray.get_by_role("button", name="Import").click()
    expect(tray.get_by_role("status")).to_contain_text("1 image added")
    assert sent == [0, 1, 1]
    assert stored(client) == IMAGES + 1


def noise(path: Path) -> Path:
    """Write an image that no compression makes smaller: 300 KB."""
    Image.frombytes("RGB", (320, 320), os.urandom(320 * 320 * 3)).save(path, compress_level=0)
    return path


def slow_down(line: CDPSession, bytes_a_second: int) -> None:
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_a_second}
    line.send("Network.emulateNetworkConditions", conditions)


def stored(client: Client) -> int:
    return sum(1 for _ in client.images.iter(DATASET))
