"""A person trains in the browser: starts a run, watches it end, tries the model on a picture, and measures it."""

import io
import re
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect
from tests.e2e.web.conftest import CheckAxe

from pictograph import Client
from pictograph.workflows import upload_dataset_from_folder

expect.set_options(timeout=20_000)
# A cold torch on a busy machine.
SLOW_MS = 120_000
COLOURS = {"red": (220, 30, 30), "blue": (30, 40, 220)}


def picture(colour: tuple[int, int, int], number: int) -> bytes:
    image = Image.new("RGB", (48, 48), (120 + number, 120, 120))
    ImageDraw.Draw(image).rectangle((4 + number, 6, 30 + number, 34), fill=colour)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def make_dataset(client: Client, folder: Path, name: str) -> None:
    """Upload six red and six blue pictures; the names of the folders are their classes."""
    for word, colour in COLOURS.items():
        (folder / word).mkdir(parents=True)
        for number in range(6):
            (folder / word / f"{number}.png").write_bytes(picture(colour, number))
    upload_dataset_from_folder(client, name, folder)
    ids = [image.id for image in client.datasets.get(name, include_images=True).images or []]
    client.batch.update(dataset_name=name, image_ids=ids, status="complete")


def test_training__from_the_form_to_an_answer(page: Page, client: Client, tmp_path: Path, check_axe: CheckAxe) -> None:
    make_dataset(client, tmp_path / "colours", "colours")
    page.goto("/training")
    expect(page.get_by_role("heading", level=1, name="Training")).to_be_visible()
    check_axe(page)
    page.get_by_role("link", name="New training").first.click()

    # The form: what is missing is said, what cannot be used is said, what it costs is said.
    expect(page.get_by_text("Choose a dataset first.")).to_be_visible()
    page.get_by_role("combobox", name="Dataset").select_option("colours")
    page.get_by_role("radio", name="Image classifier").check()
    expect(page.get_by_text("12 images", exact=True)).to_be_visible()
    expect(page.get_by_text("the names of the folders will be the classes")).to_be_visible()
    page.get_by_role("textbox", name="Epochs").fill("0")
    expect(page.get_by_text("It has to be 1 to 2000.")).to_be_visible()
    expect(page.get_by_role("button", name="Start training")).to_be_disabled()
    page.get_by_role("textbox", name="Epochs").fill("2")
    page.get_by_role("textbox", name="Image size (px)").fill("32")
    page.get_by_role("combobox", name="Model type").fill("resnet10t")
    page.get_by_role("textbox", name="Name of the run").fill("colours by folder")
    expect(page.get_by_text("12 images, 2 epochs")).to_be_visible()
    check_axe(page)
    page.get_by_role("button", name="Start training").click()

    # The run, live: it is not reloaded.
    expect(page.get_by_role("heading", level=1, name="colours by folder")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("progressbar", name="Progress of colours by folder")).to_be_visible()
    expect(page.get_by_text("It made a model")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("figure", name="Losses of the train split by epoch")).to_contain_text("2")
    expect(page.get_by_text("Finished", exact=True)).to_be_visible()
    check_axe(page)

    # Compared with itself only, to be sure that the address holds what is shown.
    run_id = page.url.rpartition("/")[2]
    page.goto(f'/training/compare?runs=["{run_id}"]&metric=loss')
    expect(page.get_by_role("figure", name="Loss of the runs by epoch")).to_be_visible()
    check_axe(page)
    page.go_back()

    # The model, and what it says about a picture of the person's own.
    page.get_by_role("link", name="Open the model").click()
    expect(page.get_by_role("heading", name="2 classes, in the order of its answers")).to_be_visible()
    check_axe(page)
    page.get_by_role("link", name="Try it").click()
    mine = {"name": "mine.png", "mimeType": "image/png", "buffer": picture(COLOURS["red"], 7)}
    page.get_by_label("Image to try the model on").set_input_files([mine])  # pyright: ignore[reportArgumentType]
    classes = page.get_by_role("list", name="Classes")
    expect(classes.get_by_role("listitem")).to_have_count(2, timeout=SLOW_MS)
    expect(classes).to_contain_text("red")
    check_axe(page)
    for tab in ("Files", "Lineage"):
        page.get_by_role("link", name=tab, exact=True).click()
        expect(page.get_by_text("model.onnx" if tab == "Files" else "This model", exact=True)).to_be_visible()
        check_axe(page)

    # Measured again, on all images.
    page.get_by_role("link", name="Evaluations").click()
    expect(page.get_by_role("link", name="End of its training")).to_be_visible()
    page.get_by_role("combobox", name="Images").select_option("all")
    check_axe(page)
    page.get_by_role("button", name="Evaluate").click()
    expect(page.get_by_text("the figures flatter it")).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("button", name=re.compile(" of red w")).first.click()
    expect(page.get_by_text(re.compile(r"\d images? of red w\w+ called"))).to_be_visible()
    page.get_by_role("button", name="Recall").click()
    page.wait_for_url("**sort=recall**")
    check_axe(page)
    page.goto("/models")
    expect(page.get_by_role("link", name="colours by folder")).to_be_visible()
    check_axe(page)
