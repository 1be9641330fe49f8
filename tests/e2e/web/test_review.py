"""The review queue by keyboard, while somebody else takes from the same queue; shares; and the jobs page."""

import io

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, Route, expect
from tests.e2e.web.conftest import CheckAxe

from pictograph import Client
from pictograph.models.annotation import BBoxAnnotation
from pictograph.models.common import BoundingBox
from pictograph.workflows import upload_dataset_from_folder

NAME = "signs to review"
# The least confident first: b, d, a, c, e, f.
CONFIDENCES = {"a": 0.4, "b": 0.1, "c": 0.6, "d": 0.2, "e": 0.7, "f": 0.9}
MACHINE = "sam3@pictograph-tiny"


@pytest.fixture(scope="module")
def in_review(client: Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Six images that a machine has labelled, and that wait: letter -> id."""
    folder = tmp_path_factory.mktemp("review")
    for number, letter in enumerate(CONFIDENCES):
        (folder / f"{letter}.png").write_bytes(picture(number))
    upload_dataset_from_folder(client, NAME, folder)
    images = client.datasets.get(NAME, include_images=True).images or []
    ids = {image.filename.removesuffix(".png"): image.id for image in images}
    for letter, image_id in ids.items():
        box = BoundingBox(x=40, y=40, w=90, h=90)
        found = BBoxAnnotation(name="stop_sign", bounding_box=box, confidence=CONFIDENCES[letter], created_by=MACHINE)
        client.annotations.save(image_id, [found])
    client.batch.update(NAME, list(ids.values()), status="review")
    return ids


def picture(number: int) -> bytes:
    image = Image.new("RGB", (240, 180), (60 + 20 * number, 110, 120))
    ImageDraw.Draw(image).ellipse((40, 40, 130, 130), fill=(200, 30, 30))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def shows(page: Page, letter: str) -> None:
    expect(page.get_by_role("heading", level=2, name=f"{letter}.png")).to_be_visible()


def test_review__by_keyboard(page: Page, client: Client, in_review: dict[str, str], check_axe: CheckAxe) -> None:
    page.goto(f"/datasets/{NAME}/review")
    shows(page, "b")
    expect(page.get_by_text("6 to go, 0 decided")).to_be_visible()
    expect(page.get_by_role("button", name="stop_sign 10 %")).to_be_visible()
    expect(page.get_by_text("Nobody has changed what the machine said.")).to_be_visible()
    check_axe(page)
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys.get_by_role("listitem").filter(has_text="Reject")).to_contain_text("X")
    check_axe(page)
    # What is shown is not pressed.
    page.keyboard.press("x")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.get_by_role("button", name="Keys").click()
    expect(keys).to_be_visible()
    page.keyboard.press("Escape")
    shows(page, "b")

    # What one looks at nobody else gets, and neither what is loaded ahead.
    theirs = client.review.next(NAME)
    assert theirs is not None and theirs.image.filename == "c.png"

    # One key each.
    page.keyboard.press("y")
    shows(page, "d")
    page.keyboard.press("n")
    page.keyboard.type("the sign is cut off: xyz")
    page.keyboard.press("Enter")
    page.keyboard.press("x")
    shows(page, "a")
    expect(page.get_by_text("4 to go, 2 decided")).to_be_visible()
    [rejected, accepted] = client.review.verdicts(NAME).all()
    assert (accepted.verdict, rejected.verdict, rejected.note) == ("accepted", "rejected", "the sign is cut off: xyz")
    assert client.images.get(in_review["b"]).status == "complete"

    # The last verdict taken back, then passed over.
    page.keyboard.press("z")
    shows(page, "d")
    expect(page.get_by_text("5 to go, 1 decided")).to_be_visible()
    page.keyboard.press("s")
    shows(page, "a")

    # Fixed in the editor, and back to the same image.
    page.keyboard.press("e")
    expect(page.get_by_role("heading", level=1, name="a.png")).to_be_visible()
    [found] = client.annotations.get(in_review["a"])
    assert isinstance(found, BBoxAnnotation)
    page.get_by_role("application").focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Saved", exact=False).first).to_be_visible()
    page.wait_for_function("() => document.body.innerText.includes('Saved')")
    page.get_by_role("link", name="Back to the review queue").click()
    shows(page, "a")
    expect(page.get_by_role("button", name="Accept the fix")).to_be_visible()
    page.keyboard.press("b")
    expect(page.get_by_text("Before: this is not what is there now")).to_be_visible()
    page.keyboard.press("b")
    page.keyboard.press("y")
    shows(page, "e")
    newest = client.review.verdicts(NAME).first()
    assert newest is not None
    assert (newest.image_id, newest.verdict) == (in_review["a"], "fixed")
    assert newest.version_before < newest.version_after

    # Decided in the editor, on what was changed there a moment ago.
    page.keyboard.press("e")
    expect(page.get_by_role("heading", level=1, name="e.png")).to_be_visible()
    page.get_by_role("application").focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("y")
    shows(page, "f")
    newest = client.review.verdicts(NAME).first()
    assert newest is not None
    assert (newest.image_id, newest.verdict) == (in_review["e"], "fixed")
    assert client.images.get(in_review["e"]).status == "complete"
    page.keyboard.press("e")
    expect(page.get_by_role("heading", level=1, name="f.png")).to_be_visible()
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("heading", name="Only what you skipped is left")).to_be_visible()
    newest = client.review.verdicts(NAME).first()
    assert newest is not None
    assert (newest.image_id, newest.verdict) == (in_review["f"], "rejected")
    assert client.images.get(in_review["f"]).status == "annotate"

    # Somebody else decides about theirs.
    client.review.accept(NAME, theirs)
    expect(page.get_by_role("heading", name="Only what you skipped is left")).to_be_visible()
    check_axe(page)
    page.get_by_role("button", name="Look at it again").click()
    shows(page, "d")
    page.keyboard.press("y")
    expect(page.get_by_role("heading", name="Everything is decided")).to_be_visible()
    page.get_by_role("button", name="Take the last verdict back").click()
    shows(page, "d")


def test_review__shared_among_people(
    page: Page, client: Client, in_review: dict[str, str], check_axe: CheckAxe
) -> None:
    client.batch.update(NAME, list(in_review.values()), status="review")
    page.goto(f"/datasets/{NAME}/review?order=oldest")
    expect(page.get_by_role("list").get_by_role("listitem").first).to_be_visible()
    page.get_by_role("button", name="Reviewers").click()
    dialog = page.get_by_role("dialog", name="Reviewers")
    dialog.get_by_role("checkbox").first.check()
    dialog.get_by_label("How many").fill("2")
    held: list[Route] = []
    page.route("**/review/share", lambda route: held.append(route))
    share = dialog.get_by_role("button", name="Share among 1 person")
    share.click()
    # While the server works it keeps its name, which axe looks for too.
    expect(share).to_be_disabled()
    check_axe(page)
    held.pop().continue_()
    expect(page.get_by_text("2 images shared", exact=True)).to_be_visible()
    expect(dialog.get_by_role("table")).to_contain_text("2")
    check_axe(page)
    dialog.get_by_role("button", name="Close").click()
    assert client.review.progress(NAME).assigned == 2
    # Who works with the key is somebody else: what is given to the person is passed over.
    assert {item.assignee_id for item in client.review.queue(NAME)} == {None}

    page.get_by_role("button", name="Filter").click()
    page.get_by_label("Whose images").select_option("mine")
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Next in the queue").get_by_role("listitem")).to_have_count(2)
    assert "scope=mine" in page.url
    client.review.unassign(NAME)


def test_jobs__listed_live_and_cancelled(
    page: Page, client: Client, in_review: dict[str, str], check_axe: CheckAxe
) -> None:
    del in_review
    page.goto("/jobs")
    expect(page.get_by_role("row", name="Thumbnails of new images").first).to_contain_text(NAME)
    # One that is started while somebody looks at the page.
    export = client.exports.create(NAME, "from the jobs page", wait=False)
    row = page.get_by_role("row", name=f"Export {export.name}")
    expect(row).to_contain_text("Completed")
    check_axe(page)
    page.get_by_label("Kind").select_option("export")
    expect(page.get_by_role("row", name="Thumbnails")).to_have_count(0)
    assert "kind=export" in page.url
    page.get_by_label("State").select_option("failed")
    expect(page.get_by_role("heading", name="No job is like that")).to_be_visible()
    check_axe(page)
