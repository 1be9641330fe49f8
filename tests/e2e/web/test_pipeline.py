"""The main journey in a browser: a dropped folder, words, labels that are looked at, a model, and its prediction."""

import base64
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from examples.local_server import LocalServer
from playwright.sync_api import Locator, Page, expect

from pictograph import Client
from pictograph_server.services.training.checks import MIN_ANNOTATED_IMAGES

# It trains, beside everything else that a machine under test does.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
CheckAxe = Callable[[Page], None]
IMAGES = 6
# A training of a second or two.
SETTINGS = {"Epochs": "1", "Image size (px)": "64", "Batch size": "4"}
# What the browser's own picker cannot be asked for: a folder that is dropped.
_DROP = """([zone, files]) => {
    const transfer = new DataTransfer();
    for (const {name, type, base64} of files) {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        transfer.items.add(new File([bytes], name, {type}));
    }
    for (const kind of ["dragenter", "dragover", "drop"])
        zone.dispatchEvent(new DragEvent(kind, {dataTransfer: transfer, bubbles: true, cancelable: true}));
}"""


def test_pipeline__from_a_folder_to_a_prediction(
    page: Page, server: LocalServer, client: Client, signs: Path, tmp_path: Path, check_axe: CheckAxe
) -> None:
    folder = some_of(signs, tmp_path / "road signs", IMAGES)
    page.goto("/")
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    check_axe(page)
    page.get_by_role("link", name="New pipeline").first.click()

    # --- what to do -----------------------------------------------------------------------------------------------
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a folder").click()
    chooser.value.set_files(folder)
    expect(page.get_by_label("Dataset", exact=True)).to_have_value("road signs")
    expect(page.get_by_text(f"{IMAGES} images").first).to_be_visible()
    page.get_by_label("Dataset", exact=True).fill("browser-signs")
    page.get_by_label("Add a class").fill("stop_sign, yield:polygon")
    page.get_by_label("Add a class").press("Enter")
    expect(page.get_by_role("list", name="Classes to look for").get_by_role("listitem")).to_have_count(2)
    page.get_by_label("Wait for a review").click()
    page.get_by_text("More settings").click()
    for label, value in SETTINGS.items():
        page.get_by_label(label, exact=True).fill(value)
    expect(page.get_by_text("At most")).to_be_visible()
    check_axe(page)
    page.get_by_role("button", name="Start", exact=True).click()

    # --- the run, as it happens -----------------------------------------------------------------------------------
    page.wait_for_url(re.compile("/pipelines/[0-9a-f-]{36}"))
    run_id = page.url.rpartition("/")[2]
    expect(stage(page, "Upload", "done")).to_be_visible(timeout=60_000)
    labelling = stage(page, "Labelling", "done")
    expect(labelling).to_be_visible(timeout=90_000)
    expect(labelling.get_by_role("link", name=f"Images labelled: {IMAGES}, show these images")).to_be_visible()
    expect(labelling.get_by_role("list").get_by_role("img")).to_have_count(IMAGES)
    bar = labelling.get_by_role("link", name=re.compile("% to .*, show these images")).first
    expect(bar).to_be_visible()
    review = page.get_by_role("region", name=re.compile("^Review:"))
    expect(review.get_by_role("link", name=f"Review {IMAGES}, least confident first")).to_be_visible()
    check_axe(page)
    # The numbers lead to the images behind them.
    bar.click()
    page.wait_for_url(re.compile("/datasets/browser-signs.*min_confidence"))
    page.go_back()

    review.get_by_role("button", name="Accept the rest and go on").click()
    expect(stage(page, "Training", "done")).to_be_visible(timeout=300_000)
    model = stage(page, "Model", "done")
    expect(model.get_by_text("mAP@50", exact=True)).to_be_visible()
    check_axe(page)

    # --- what it did, as the server has it ------------------------------------------------------------------------
    run = client.pipelines.get(run_id)
    assert (run.status, run.upload.uploaded, run.upload.failed) == ("completed", IMAGES, 0)
    assert (run.annotate.labelled, run.review.completed, run.train.epoch) == (IMAGES, IMAGES, 1)
    assert IMAGES >= MIN_ANNOTATED_IMAGES
    folders = {
        image.virtual_folder_path for image in client.datasets.get("browser-signs", include_images=True).images or ()
    }
    assert folders == {"/" + path.parent.relative_to(folder).as_posix().strip(".") for path in images_of(folder)}

    # --- a prediction ---------------------------------------------------------------------------------------------
    model.get_by_role("link", name="Try it on an image").click()
    page.wait_for_url(re.compile(f"/models/{run.model_id}"))
    page.get_by_label("Image to try the model on").set_input_files(images_of(folder)[0])
    expect(page.get_by_text("Nothing was stored.")).to_be_visible(timeout=90_000)

    # --- again, and the lists -------------------------------------------------------------------------------------
    page.goto(f"/pipelines/{run_id}")
    page.get_by_role("button", name="Run again").click()
    page.wait_for_url(lambda url: "/pipelines/" in url and not url.endswith(run_id))
    expect(page.get_by_text("every image was annotated before")).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("button", name="Cancel the run").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    page.goto("/pipelines?status=cancelled")
    expect(page.get_by_role("row")).to_have_count(2)
    check_axe(page)


def test_upload__dropped_on_a_run_that_waits(page: Page, client: Client, signs: Path) -> None:
    """Files that are dropped are sent, what is no image is left out, and the run goes on by itself."""
    run = client.pipelines.create("dropped-signs", pipeline="yolox", annotate=False, train=False)
    page.goto(f"/pipelines/{run.id}")
    zone = page.get_by_role("region", name="Images to upload")
    drop(zone, [*images_of(signs)[:2], __file__])
    expect(page.get_by_text("Completed").first).to_be_visible(timeout=60_000)
    done = client.pipelines.get(run.id)
    assert (done.upload.uploaded, done.upload.failed, done.status) == (2, 0, "completed")
    tray = page.get_by_role("region", name="Uploads")
    expect(tray.get_by_text("2 of 2 images, 1 other file left out")).to_be_visible()
    tray.get_by_role("button", name="Take it off the list").click()
    expect(tray).to_have_count(0)


def test_upload__an_archive_into_a_dataset(page: Page, client: Client, signs: Path, tmp_path: Path) -> None:
    """It is sent in parts, what it will do is shown, and nothing is done before somebody says so."""
    archive = tmp_path / "more signs.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in images_of(signs)[:3]:
            file.write(path, path.name)
    client.projects.create("archived-signs")
    page.goto("/datasets/archived-signs")
    page.get_by_role("button", name="Upload").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("menuitem", name="An archive, with or without labels").click()
    chooser.value.set_files(archive)
    tray = page.get_by_role("region", name="Uploads")
    expect(tray.get_by_text("3 new images, no labels")).to_be_visible(timeout=60_000)
    assert client.datasets.get("archived-signs").image_count == 0
    # It is there on other pages, too.
    page.get_by_role("link", name="Pipelines", exact=True).click()
    tray.get_by_role("button", name="Import").click()
    expect(tray.get_by_text("3 images added, 0 annotations")).to_be_visible(timeout=60_000)
    assert client.datasets.get("archived-signs").image_count == 3


def stage(page: Page, name: str, state: str) -> Locator:
    return page.get_by_role("region", name=f"{name}: {state}")


def drop(zone: Locator, paths: list[Path | str]) -> None:
    """Let go of files over a place, as a mouse does."""
    files = [
        {"name": Path(path).name, "type": "", "base64": base64.b64encode(Path(path).read_bytes()).decode()}
        for path in paths
    ]
    zone.page.evaluate(_DROP, [zone.element_handle(), files])


def some_of(source: Path, target: Path, count: int) -> Path:
    for path in images_of(source)[:count]:
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    return target


def images_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in (".jpg", ".png"))
