"""The editor: every tool, undo, what a killed tab leaves, two people on one image, and the model's tools."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from examples.local_server import LocalServer
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect
from playwright.sync_api import Error as PlaywrightError

from pictograph import Annotation, BBoxAnnotation, BoundingBox, Client, KeypointAnnotation, PolygonAnnotation
from pictograph.workflows import upload_dataset_from_folder

from .conftest import DESKTOP, CheckAxe, sign_in

DATASET = "edited"
FIT_PADDING = 24
# For a machine that is busy with other things.
WAIT_MS = 15_000


@dataclass(frozen=True)
class Opened:
    """An image open in a tab: its canvas, and where its pixels are on the screen when it is shown whole."""

    page: Page
    image_id: str
    size_wh: tuple[int, int]

    @property
    def canvas(self) -> Locator:
        return self.page.get_by_role("application")

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.places()(x, y)

    def places(self) -> Callable[[float, float], tuple[float, float]]:
        """Return the function from image to screen, for as long as nothing on the page moves."""
        frame = self.canvas.bounding_box()
        assert frame is not None
        width, height = self.size_wh
        scale = min((frame["width"] - 2 * FIT_PADDING) / width, (frame["height"] - 2 * FIT_PADDING) / height, 8)
        left = frame["x"] + (frame["width"] - width * scale) / 2
        top = frame["y"] + (frame["height"] - height * scale) / 2
        return lambda x, y: (left + x * scale, top + y * scale)

    def click(self, x: float, y: float) -> None:
        self.page.mouse.click(*self.at(x, y))

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*self.at(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.at(*end), steps=4)
        self.page.mouse.up()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def expect_count(self, count: int) -> None:
        expect(self.page.get_by_role("heading", name="Annotations")).to_have_text(
            f"Annotations {count}", timeout=WAIT_MS
        )

    def expect_saved(self) -> None:
        expect(self.page.get_by_test_id("save-state")).to_contain_text("Saved", timeout=WAIT_MS)


@pytest.fixture(scope="module")
def images(client: Client, signs: Path) -> dict[str, str]:
    """The ids of the images of a dataset, by path. Every test has its own among them."""
    if not any(each.name == DATASET for each in client.datasets.iter()):
        assert upload_dataset_from_folder(client, DATASET, signs).success
    return {f"{each.virtual_folder_path}/{each.filename}": each.id for each in client.images.iter(DATASET)}


@pytest.fixture
def open_image(images: dict[str, str]) -> Callable[[Page, int], Opened]:
    def open_it(page: Page, number: int) -> Opened:
        image_id = images[sorted(images)[number]]
        page.goto(f"/datasets/{DATASET}/images/{image_id}")
        expect(page.get_by_role("application")).to_be_focused(timeout=WAIT_MS)
        return Opened(page, image_id, (640, 480))

    return open_it


OpenImage = Callable[[Page, int], Opened]


def test_editor__every_tool_draws(page: Page, client: Client, open_image: OpenImage, check_axe: CheckAxe) -> None:
    editor = open_image(page, 0)
    # The focus was given to the canvas; it has its ring once somebody comes to it by keyboard.
    ring = page.get_by_test_id("canvas-ring")
    expect(ring).to_have_count(0)
    editor.press("F6")
    expect(page.get_by_label("Find or add a class")).to_be_focused()
    editor.press("F6")
    expect(ring).to_be_visible()
    editor.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    for told in (
        "Resize the selected boxes by a pixel",
        "show a pointer for the arrow keys",
        "Move the image sideways",
    ):
        expect(keys).to_contain_text(told)
    check_axe(page)
    editor.press("Escape", "c")
    expect(page.get_by_label("Find or add a class")).to_be_focused()
    page.keyboard.type("sign")
    editor.press("Enter", "b")
    editor.drag((20, 20), (120, 90))
    expect(ring).to_have_count(0)
    editor.expect_count(1)
    editor.press("p")
    for point in ((200, 200), (400, 200), (400, 400), (200, 400)):
        editor.click(*point)
    editor.press("Enter")
    page.keyboard.down("Alt")
    for point in ((250, 250), (350, 250), (350, 350), (250, 350)):
        editor.click(*point)
    page.keyboard.up("Alt")
    editor.press("Enter", "m")
    for point in ((20, 300), (80, 320), (140, 300)):
        editor.click(*point)
    editor.press("Enter", "k")
    editor.click(500, 50)
    editor.expect_count(4)
    editor.press("v")
    editor.click(225, 225)
    editor.drag((400, 400), (430, 440))
    editor.press("g")
    page.keyboard.type("outdoors")
    editor.press("Enter")
    # How class names look is kept in this browser.
    page.get_by_role("radio", name="How it looks").click()
    sizes = page.get_by_label("Size of class names on the image")
    sizes.get_by_role("radio", name="Large").click()
    editor.expect_saved()
    check_axe(page)
    page.reload()
    page.get_by_role("radio", name="How it looks").click()
    expect(sizes.get_by_role("radio", name="Large")).to_be_checked()

    box, polygon, polyline, keypoint = client.annotations.get(editor.image_id)
    assert (box.type, polygon.type, polyline.type, keypoint.type) == ("bbox", "polygon", "polyline", "keypoint")
    assert {each.name for each in (box, polygon, polyline, keypoint)} == {"sign"}
    assert isinstance(box, BBoxAnnotation)
    assert box.bounding_box.x == pytest.approx(20, abs=1)
    assert box.bounding_box.w == pytest.approx(100, abs=1.5)
    assert isinstance(polygon, PolygonAnnotation)
    outer, hole = polygon.polygon.paths
    assert len(hole) == 4
    assert any(abs(point.x - 430) < 2 and abs(point.y - 440) < 2 for point in outer)
    image = client.images.get(editor.image_id)
    assert image.status == "annotate"
    tagged = client.search.by_tag(objects=["outdoors"], dataset_name=DATASET)
    assert [each.id for each in tagged] == [editor.image_id]


def test_editor__200_steps_are_undone_and_done_again(page: Page, client: Client, open_image: OpenImage) -> None:
    # Little to paint, and the keys held down as people do: 600 steps in a third of the time.
    page.set_viewport_size({"width": 900, "height": 640})
    editor = open_image(page, 1)
    editor.press("\\")
    expect(page.get_by_role("heading", name="Annotations")).to_have_count(0)
    editor.press("0", "k")
    undo, redo = (page.get_by_role("button", name=name, exact=True) for name in ("Undo", "Redo"))
    expect(undo).to_be_disabled()
    places = [(20 + 28 * (step % 20), 20 + 40 * (step // 20)) for step in range(200)]
    to_screen = editor.places()
    for place in places:
        page.mouse.click(*to_screen(*place))

    def hold(key: str, count: int, *modifiers: str) -> None:
        for modifier in modifiers:
            page.keyboard.down(modifier)
        for _ in range(count):
            page.keyboard.down(key)
        page.keyboard.up(key)
        for modifier in modifiers:
            page.keyboard.up(modifier)

    def stored(count: int) -> list[Annotation]:
        expect(editor.canvas).to_have_accessible_name(re.compile(rf", {count} annotations$"), timeout=WAIT_MS)
        editor.expect_saved()
        return client.annotations.get(editor.image_id)

    drawn = stored(200)
    for annotation, (x, y) in zip(drawn, places, strict=True):
        assert isinstance(annotation, KeypointAnnotation)
        assert (annotation.keypoint.x, annotation.keypoint.y) == pytest.approx((x, y), abs=1.5)
    hold("z", 80, "Control")
    assert stored(120) == drawn[:120]
    hold("z", 120, "Control")
    assert stored(0) == []
    expect(undo).to_be_disabled()
    hold("Z", 50, "Control", "Shift")
    assert stored(50) == drawn[:50]
    hold("y", 150, "Control")
    assert stored(200) == drawn
    expect(redo).to_be_disabled()
    # The long list in the panel leaves the classes above it their room.
    editor.press("\\")
    expect(page.get_by_role("heading", name="Annotations 200")).to_be_visible()
    expect(page.get_by_role("group", name="List of classes").get_by_role("button").first).to_be_in_viewport(ratio=0.9)


def test_editor__a_killed_tab_loses_nothing(context: BrowserContext, client: Client, open_image: OpenImage) -> None:
    killed = open_image(deaf(context.new_page()), 2)
    killed.press("b")
    killed.drag((20, 20), (120, 90))
    killed.drag((200, 200), (300, 300))
    killed.drag((320, 200), (400, 300))
    words = "Not saved: offline, 3 changes kept here"
    expect(killed.page.get_by_test_id("save-state")).to_contain_text(words, timeout=WAIT_MS)
    kill(killed.page)
    assert client.annotations.get(killed.image_id) == []

    survivor = open_image(context.new_page(), 2)
    survivor.expect_count(3)
    expect(survivor.page.get_by_text("3 changes")).to_be_visible()
    survivor.expect_saved()
    assert len(client.annotations.get(killed.image_id)) == 3

    # Nobody has to remember which image it was.
    killed = open_image(deaf(survivor.page), 2)
    killed.press("b")
    killed.drag((420, 200), (500, 300))
    killed.expect_count(4)
    killed.press("Control+Enter")
    expect(killed.page).not_to_have_url(re.compile(killed.image_id))
    kill(killed.page)
    other = open_image(context.new_page(), 4)
    expect(other.page.get_by_text("Changes of 1 other image").first).to_be_visible(timeout=WAIT_MS)
    again = open_image(other.page, 2)
    again.expect_count(4)
    again.expect_saved()
    assert len(client.annotations.get(killed.image_id)) == 4
    # Nor that it was complete.
    expect(again.page.get_by_role("button", name="Status: Complete")).to_be_visible()
    assert client.images.get(killed.image_id).status == "complete"

    # Everything is saved, but not what was said of it.
    killed = open_image(deaf(again.page), 2)
    killed.page.get_by_role("button", name="Status: Complete").click()
    killed.page.get_by_role("menuitem", name="Review").click()
    words = "Not marked «Review»: offline, kept here"
    expect(killed.page.get_by_test_id("save-state")).to_contain_text(words)
    kill(killed.page)
    survivor = open_image(context.new_page(), 2)
    expect(survivor.page.get_by_role("button", name="Status: Review")).to_be_visible()
    survivor.expect_saved()
    assert client.images.get(killed.image_id).status == "review"


def test_editor__two_people_meet(
    chromium: Browser, server: LocalServer, page: Page, client: Client, open_image: OpenImage, check_axe: CheckAxe
) -> None:
    others = chromium.new_context(base_url=server.base_url, viewport=DESKTOP)
    sign_in(others, server)
    mine, theirs = open_image(page, 3), open_image(others.new_page(), 3)
    # What it hears of others comes soon, but not before this.
    page.route("**/metadata", lambda route: route.abort())
    for editor in (mine, theirs):
        editor.press("b")
    theirs.drag((20, 20), (120, 90))
    theirs.expect_saved()
    mine.drag((200, 200), (300, 300))
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("2 annotations differ", timeout=WAIT_MS)
    check_axe(page)
    # Nobody's is lost: both are kept unless somebody chooses otherwise.
    dialog.get_by_role("button", name="Save what is chosen").click()
    mine.expect_count(2)
    mine.expect_saved()
    assert len(client.annotations.get(mine.image_id)) == 2
    # The other one sees it without a reload.
    theirs.page.evaluate("window.dispatchEvent(new Event('focus'))")
    theirs.expect_count(2)
    expect(theirs.page.get_by_text("Somebody saved this image just now")).to_be_visible()

    # And again, with one annotation changed by both.
    for editor, by in ((theirs, 60), (mine, 30)):
        editor.press("v", "Escape")
        editor.drag((70, 22), (70 + by, 22 + by))
    expect(dialog).to_contain_text("1 of them changed by both", timeout=WAIT_MS)
    dialog.get_by_role("button", name="Take all of theirs").click()
    mine.expect_saved()
    boxes = [each.bounding_box for each in client.annotations.get(mine.image_id) if isinstance(each, BBoxAnnotation)]
    assert min(box.x for box in boxes) == pytest.approx(80, abs=2)
    others.close()


def test_editor__the_model_answers_words_clicks_and_boxes(
    page: Page, client: Client, open_image: OpenImage, images: dict[str, str], signs: Path, check_axe: CheckAxe
) -> None:
    number, box = largest_sign(images, signs)
    editor = open_image(page, number)
    editor.press("c")
    page.keyboard.type("stop_sign")
    editor.press("Enter", "t")
    expect(page.get_by_label("Words to look for")).to_have_value("stop sign")
    editor.press("Enter")
    # The first question loads the network.
    expect(page.get_by_text("Enter takes")).to_be_visible(timeout=150_000)
    editor.press("Enter")
    found = page.get_by_role("group", name="List of annotations").get_by_role("listitem")
    expect(found.first).to_contain_text("by SAM 3")
    by_words = found.count()
    middle = (box.x + box.w / 2, box.y + box.h / 2)
    for tool, act in (
        ("s", lambda: editor.click(*middle)),
        ("w", lambda: editor.drag((box.x - 2, box.y - 2), (box.x + box.w + 2, box.y + box.h + 2))),
    ):
        page.get_by_role("application").focus()
        editor.press(tool)
        act()
        expect(page.get_by_text("Enter takes")).to_be_visible(timeout=WAIT_MS)
        editor.press("Enter")
    # The last one is corrected before it is saved.
    editor.press("ArrowRight")
    editor.expect_count(by_words + 2)
    editor.expect_saved()
    answer = page.request.get(f"/api/v1/developer/annotations/{editor.image_id}?include_provenance=true").json()
    prompts = {each.get("prompt") for each in answer["provenance"].values()}
    assert prompts == {"stop sign", "1 click", "box"}
    assert all(each["made_by"].startswith("sam3@") for each in answer["provenance"].values())
    assert [each["prompt"] for each in answer["provenance"].values() if "edited_by" in each] == ["box"]

    # What looks like it on the other images waits there for a review.
    page.get_by_role("button", name="Find what looks like the selected on other images").click()
    dialog = page.get_by_role("dialog", name="Find more like this")
    expect(dialog).to_contain_text(re.compile(r"[1-9]\d* images?, at most [\d,.]+ credits"), timeout=WAIT_MS)
    check_axe(page)
    dialog.get_by_role("button", name="Start").click()
    expect(page.get_by_text("Looking for more «stop_sign»", exact=True)).to_be_visible()
    page.get_by_role("button", name="Show the job").click()
    expect(page.get_by_role("row", name=re.compile("imilar|stop_sign")).first).to_contain_text(
        "Completed", timeout=60_000
    )
    waiting = {each.id for each in client.images.iter(DATASET, status="review")}
    assert waiting
    assert any(found.name == "stop_sign" for each in waiting for found in client.annotations.get(each))


def test_editor__accept_and_next_steps_through_the_list(page: Page, client: Client, open_image: OpenImage) -> None:
    editor = open_image(page, 5)
    page.goto(f"/datasets/{DATASET}/images/{editor.image_id}?sort=name&folder_path=/day/country")
    position = page.get_by_role("banner")
    expect(position).to_contain_text(" of ")
    editor.press("Control+Enter")
    expect(page).not_to_have_url(re.compile(editor.image_id))
    assert "sort=name" in page.url
    editor.press("a")
    expect(page).to_have_url(re.compile(editor.image_id))
    expect(page.get_by_role("button", name="Status: Complete")).to_be_visible()
    assert client.images.get(editor.image_id).status == "complete"


def deaf(page: Page) -> Page:
    """Have the server hear nothing of what is drawn in the tab, or said about the image."""
    page.route("**/api/v1/developer/annotations/*", refuse_saves)
    page.route("**/api/v1/developer/batch/images/update", lambda route: route.abort())
    return page


def refuse_saves(route: Route) -> None:
    if route.request.method == "POST":
        route.abort()
    else:
        route.continue_()


def kill(page: Page) -> None:
    """End the tab's process, as the system does when memory is short: no event of the page is heard."""
    with page.expect_event("crash"), suppress(PlaywrightError):
        page.goto("chrome://crash")
    page.close()


def largest_sign(images: dict[str, str], signs: Path) -> tuple[int, BoundingBox]:
    """Return the image of the largest stop sign, and its box."""
    truth = json.loads((signs.parent / "truth.json").read_text())["images"]
    _, path, box = max(
        (each["box_xywh"][2] * each["box_xywh"][3], path, each["box_xywh"])
        for path, objects in truth.items()
        for each in objects
        if each["class_name"] == "stop_sign"
    )
    return sorted(images).index(f"/{path}"), BoundingBox(x=box[0], y=box[1], w=box[2], h=box[3])
