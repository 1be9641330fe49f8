"""Datasets from the list to the trash: the gallery, its filters and choices, classes, statistics, copies, versions."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from pictograph import BBoxAnnotation, BoundingBox, Client
from pictograph.workflows import upload_dataset_from_folder

from .conftest import CheckAxe

# Less than the machine that runs the tests takes when it is busy.
expect.set_options(timeout=20_000)

DATASET = "gallery"


def _fill(client: Client, signs: Path) -> list[str]:
    """Make a dataset of sixteen images, four of them annotated, and return their ids by name."""
    assert upload_dataset_from_folder(client, DATASET, signs).success
    found = sorted(client.images.iter(DATASET), key=lambda image: image.filename)
    for number, image in enumerate(found[:4]):
        box = BoundingBox(x=40 * number, y=50, w=80, h=60)
        client.annotations.save(image.id, [BBoxAnnotation(name="stop" if number < 3 else "yield", bounding_box=box)])
    return [image.id for image in found]


def _cells(page: Page) -> Locator:
    return page.get_by_role("gridcell")


def test_datasets__from_a_name_to_nothing(page: Page, check_axe: CheckAxe) -> None:
    page.goto("/datasets")
    page.get_by_role("button", name="New dataset").first.click()
    page.get_by_label("Name").fill("street lamps")
    page.get_by_label("Classes").fill("lamp, pole")
    check_axe(page)
    page.get_by_role("button", name="Create dataset").click()
    expect(page.get_by_role("heading", name="No images yet")).to_be_visible()
    check_axe(page)

    page.get_by_role("link", name="Classes").click()
    page.get_by_role("button", name="Add classes").click()
    page.get_by_label("Names").fill("traffic_light")
    page.get_by_role("button", name="Add class", exact=True).click()
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(4)
    prompts = page.get_by_label("Prompts of traffic_light")
    expect(prompts).to_have_attribute("placeholder", "traffic light")
    prompts.fill("red light, green light")
    prompts.press("Enter")
    page.get_by_role("button", name="Move traffic_light up").click()
    expect(rows.nth(2)).to_contain_text("traffic_light")
    page.get_by_role("button", name="Colour of lamp").click()
    page.get_by_role("button", name="#0072b2").click()
    page.keyboard.press("Escape")
    page.wait_for_load_state("networkidle")
    page.reload()
    expect(rows.nth(2)).to_contain_text("traffic_light")
    expect(prompts).to_have_value("red light, green light")
    expect(page.get_by_role("button", name="Colour of lamp: #0072b2")).to_be_visible()

    page.get_by_role("link", name="Settings").click()
    page.get_by_label("Name").fill("lamps of the street")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("lamps of the street")
    page.get_by_role("switch").click()
    check_axe(page)
    page.get_by_role("button", name="Delete dataset").click()
    page.get_by_label("Type lamps of the street to confirm").fill("lamps of the street")
    page.get_by_role("dialog").get_by_role("button", name="Delete dataset").click()
    expect(page).to_have_url("/datasets", timeout=10_000)
    expect(page.get_by_text("lamps of the street", exact=True)).to_have_count(0)


def test_gallery__found_chosen_and_changed(page: Page, client: Client, signs: Path, check_axe: CheckAxe) -> None:
    ids = _fill(client, signs)
    page.goto("/datasets")
    page.get_by_label("Search datasets").fill("gall")
    page.get_by_role("link", name=DATASET).click()
    grid = page.get_by_role("grid")
    expect(_cells(page)).to_have_count(16)
    expect(grid.locator("svg[preserveAspectRatio]")).to_have_count(4)
    check_axe(page)

    # The address holds what the list is narrowed to.
    page.get_by_role("button", name="Filter").click()
    page.get_by_label("Class").select_option("stop")
    expect(_cells(page)).to_have_count(3)
    page.keyboard.press("Escape")
    assert "class_name=stop" in page.url
    page.get_by_role("link", name="Classes").click()
    page.go_back()
    expect(_cells(page)).to_have_count(3)
    page.get_by_role("button", name="Take away: Class stop").click()
    expect(_cells(page)).to_have_count(16)
    page.get_by_label("Search by file name").fill("no such name")
    expect(page.get_by_role("heading", name="No image matches")).to_be_visible()
    page.get_by_role("button", name="Show all images").click()
    page.get_by_label("Order").select_option("name")
    expect(_cells(page).first).to_be_visible()

    # Mouse: ctrl adds, shift takes all between, a box takes what it touches.
    _cells(page).nth(0).click(modifiers=["ControlOrMeta"])
    _cells(page).nth(3).click(modifiers=["Shift"])
    bar = page.get_by_role("region", name="Chosen images")
    expect(bar).to_contain_text("4 images")
    check_axe(page)
    page.keyboard.press("Escape")
    expect(bar).to_have_count(0)
    first, second = _cells(page).nth(0).bounding_box(), _cells(page).nth(1).bounding_box()
    assert first is not None and second is not None
    page.mouse.move(first["x"] + 5, first["y"] + 5)
    page.mouse.down()
    page.mouse.move(second["x"] + 20, second["y"] + 60, steps=5)
    page.mouse.up()
    expect(bar).to_contain_text("2 images")
    # Keys: arrows go on, space chooses, Ctrl+A takes all that match.
    page.keyboard.press("Control+a")
    expect(bar).to_contain_text("16 images")
    bar.get_by_role("button", name="Tag").click()
    page.get_by_label("Give").fill("street")
    page.get_by_role("button", name="Add").first.click()
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("16 images tagged", exact=True)).to_be_visible()
    assert len(list(client.images.iter(DATASET, tag="street"))) == 16
    # All that match but one, given to a person.
    _cells(page).nth(0).focus()
    page.keyboard.press("Control+a")
    _cells(page).nth(15).click(modifiers=["ControlOrMeta"])
    expect(bar).to_contain_text("15 images")
    bar.get_by_role("button", name="Assign").click()
    page.get_by_role("checkbox", name="Set their status").click()
    check_axe(page)
    page.get_by_role("dialog").get_by_role("button", name="Assign").click()
    expect(page.get_by_text("15 images given to", exact=False).first).to_be_visible()
    expect(bar).to_have_count(0)

    _cells(page).nth(2).click(modifiers=["ControlOrMeta"])
    bar.get_by_role("button", name="Status").click()
    page.get_by_role("menuitem", name="Review").click()
    expect(page.get_by_role("link", name="Review 1 image")).to_be_visible()
    _cells(page).nth(2).click(modifiers=["ControlOrMeta"])
    bar.get_by_role("button", name="Move").click()
    page.get_by_role("dialog").get_by_label("Folder").fill("/sorted")
    page.get_by_role("dialog").get_by_role("button", name="Move").click()
    page.get_by_role("navigation", name="Folders").get_by_title("/sorted").click()
    expect(_cells(page)).to_have_count(1)
    _cells(page).first.click(modifiers=["ControlOrMeta"])
    bar.get_by_role("button", name="Similar").click()
    expect(page.get_by_role("complementary", name="Similar images")).to_be_visible()
    check_axe(page)
    bar.get_by_role("button", name="To the trash").click()
    trash = page.get_by_role("navigation", name="Pages of the dataset").get_by_role("link", name="Trash")
    expect(trash).to_have_text("Trash1")
    trash.click()
    expect(_cells(page)).to_have_count(1)
    check_axe(page)
    page.get_by_role("button", name="Bring all back").click()
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()

    # Opening goes to the editor with the same list.
    page.get_by_role("link", name="Images", exact=True).click()
    expect(_cells(page)).to_have_count(16)
    _cells(page).first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url("**/images/*")
    assert page.url.rpartition("/")[2].partition("?")[0] in ids


def test_dataset__measured_kept_and_tidied(page: Page, client: Client, check_axe: CheckAxe) -> None:
    """Goes on with the images of the test before."""
    page.goto(f"/datasets/{DATASET}/statistics")
    balance = page.get_by_role("list", name="Classes by annotations")
    expect(balance).to_contain_text("stop")
    expect(page.get_by_role("img", name="Centres of objects")).to_be_visible()
    # A cell leads to its images, by the keyboard too: the fullest one; and the place of the only "yield".
    page.get_by_role("button", name="Choose a cell of: Objects by width and height").press("Enter")
    sizes = page.get_by_role("region", name="Images: 4 with")
    expect(sizes.get_by_role("link")).to_have_count(4)
    centers = page.get_by_role("button", name="Choose a cell of: Centres of objects")
    centers.scroll_into_view_if_needed()
    image = client.images.list(DATASET, class_name="yield")[0]
    area = centers.bounding_box()
    assert area is not None and image.width and image.height
    page.mouse.click(area["x"] + 160 / image.width * area["width"], area["y"] + 80 / image.height * area["height"])
    expect(page.get_by_role("region", name="Images: 1 at").get_by_role("link")).to_have_count(1)
    check_axe(page)
    balance.get_by_role("link", name="stop").click()
    expect(_cells(page)).to_have_count(3)

    page.goto(f"/datasets/{DATASET}/versions")
    page.get_by_role("button", name="New version").first.click()
    page.get_by_label("Name").fill("before the copies")
    page.get_by_role("button", name="Create version").click()
    expect(page.get_by_role("button", name="Compare")).to_have_count(1, timeout=20_000)

    image = next(iter(client.images.iter(DATASET, class_name="yield")))
    client.batch.copy(DATASET, [image.id], target_folder_path="/again")
    page.goto(f"/datasets/{DATASET}/duplicates")
    group = page.get_by_role("region", name="Copies of")
    expect(group).to_have_count(1, timeout=20_000)
    expect(group).to_contain_text("The same bytes")
    check_axe(page)
    group.get_by_role("button", name="Keep one").click()
    expect(page.get_by_role("heading", name="No near copies")).to_be_visible()

    page.goto(f"/datasets/{DATASET}/classes")
    page.get_by_role("button", name="More for yield").click()
    page.get_by_role("menuitem", name="Rename").click()
    expect(page.get_by_role("dialog")).to_contain_text("1 annotation on 1 image")
    page.get_by_label("New name").fill("give way")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("table")).to_contain_text("give way")
    check_axe(page)
    page.goto(f"/datasets/{DATASET}/versions")
    page.get_by_role("button", name="New version").first.click()
    page.get_by_role("button", name="Create version").click()
    compare = page.get_by_role("button", name="Compare")
    expect(compare).to_have_count(2, timeout=20_000)
    compare.first.click()
    expect(
        page.get_by_role("table", name="Classes that changed").or_(page.get_by_label("Classes that changed"))
    ).to_contain_text("give way")
    check_axe(page)


def test_gallery__many_are_changed_by_a_job_and_it_follows(page: Page, client: Client) -> None:
    """Goes on with the images of the tests before."""
    client.projects.create("many")
    ids = [image.id for image in client.images.iter(DATASET)]
    client.batch.copy_to_dataset(DATASET, ids, "many", target_folder_path="/0")
    for number in range(1, 8):
        ids = [image.id for image in client.images.iter("many")]
        client.batch.copy("many", ids, target_folder_path=f"/{number}", duplicate_handling="rename")
    page.goto("/datasets/many")
    expect(_cells(page).first).to_be_visible()
    # Nothing moves while it loads.
    assert page.evaluate(_SHIFT) < 0.01
    total = client.datasets.get("many").image_count
    assert total > 2000
    _cells(page).first.focus()
    page.keyboard.press("Control+a")
    bar = page.get_by_role("region", name="Chosen images")
    expect(bar).to_contain_text(f"{total:,} images")
    bar.get_by_role("button", name="Status").click()
    page.get_by_role("menuitem", name="Review").click()
    # The server goes on without the page.
    expect(page.get_by_text("are being changed").first).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name=f"Review {total:,} images")).to_be_visible()
    assert client.datasets.get("many").image_count == total

    # What a job draws is there without a reload.
    drawn = page.get_by_role("grid").locator("svg[preserveAspectRatio]")
    expect(drawn).to_have_count(0)
    newest = [image.id for image in client.images.list("many", limit=2)]
    job = client.auto_annotate.batch("many", classes=[{"name": "stop"}], image_ids=newest, poll_interval=0.5)
    assert job.status == "completed"
    expect(page.get_by_role("gridcell", name="annotation").first).to_be_visible()


_SHIFT = """() => new Promise(resolve => {
  let sum = 0;
  new PerformanceObserver(list => { for (const each of list.getEntries()) sum += each.hadRecentInput ? 0 : each.value })
    .observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => resolve(sum), 400);
})"""
