"""Pictures of the web app's main pages, from a server of its own with the demo's scenes and a model like the demo's.

python -m tools.take_screenshots docs/images/web          # what the documentation shows
python -m tools.take_screenshots FOLDER --every-look      # both themes, desktop and tablet: to be looked at

Training takes four minutes on two free cores, ten where others work on them.
"""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

from examples.local_server import LocalServer
from examples.scenes.folder import draw_folder
from playwright.sync_api import Browser, StorageState, ViewportSize, sync_playwright

from pictograph import Client
from pictograph.workflows import full_pipeline

DATASET = "road-signs"
# As the demo has: so many that a network from scratch learns the signs within minutes, in its own number of epochs.
SCENES, SCENES_SEED = 150, 1
# Below it the pictures would show a model that nobody would want.
MAP_50_BAR = 0.8
DESKTOP = ViewportSize(width=1440, height=900)
TABLET = ViewportSize(width=820, height=1180)
# For pictures, tiles and curves to be drawn.
_SETTLE_MS = 2500


@dataclass(frozen=True)
class Look:
    theme: Literal["light", "dark"]
    viewport: ViewportSize

    @property
    def suffix(self) -> str:
        return f"-{self.theme}-{self.viewport['width']}"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--every-look", action="store_true")
    chosen = arguments.parse_args()
    folder: Path = chosen.folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        draw_folder(root / "scenes", root / "truth.json", scenes=SCENES, seed=SCENES_SEED)
        with LocalServer(root / "data", settings={"PICTOGRAPH_ANNOTATOR": "tiny"}) as server:
            pages = dict(_pages(server, root / "scenes"))
            _take(server, pages, folder, every_look=chosen.every_look)


def _pages(server: LocalServer, scenes: Path) -> Iterator[tuple[str, str]]:
    """Fill the server and yield the name and address of each page."""
    with Client(server.api_key, base_url=server.base_url) as client:
        report = full_pipeline(
            client,
            dataset_name=DATASET,
            folder=scenes,
            classes=[("stop_sign", "bbox"), ("yield", "polygon")],
            pipeline="yolox",
        )
        if report.model is None or report.training_run is None:
            raise RuntimeError(f"the pipeline made no model:\n{report}")
        images = client.images.list(DATASET, sort="least_confident", limit=40)
        client.batch.update(DATASET, [image.id for image in images[:24]], status="review")
        measured = client.models.evaluate(report.model.id, DATASET, split="all")
        if measured.metrics["map_50"] < MAP_50_BAR:
            raise RuntimeError(f"the model has mAP@50 {measured.metrics['map_50']:.3f}; it should have {MAP_50_BAR}")
        evaluation = client.models.evaluations(report.model.id)[0]
        run = client.pipelines.list(limit=1)[0]
        yield "home", "/"
        yield "new-pipeline", "/pipelines/new"
        yield "pipeline", f"/pipelines/{run.id}"
        yield "datasets", "/datasets"
        yield "gallery", f"/datasets/{DATASET}"
        yield "classes", f"/datasets/{DATASET}/classes"
        yield "statistics", f"/datasets/{DATASET}/statistics"
        yield "editor", f"/datasets/{DATASET}/images/{images[0].id}"
        yield "review", f"/datasets/{DATASET}/review"
        yield "training", "/training"
        yield "training-run", f"/training/{report.training_run.id}"
        yield "model", f"/models/{report.model.id}"
        yield "evaluation", f"/models/{report.model.id}/evaluations/{evaluation.id}"
        yield "exports", "/exports"
        yield "jobs", "/jobs"
        yield "credits", "/credits"
        yield "members", "/organization/members"
        yield "account", "/account"


def _take(server: LocalServer, pages: dict[str, str], folder: Path, *, every_look: bool) -> None:
    looks = [Look(theme, viewport) for theme, viewport in product(("light", "dark"), (DESKTOP, TABLET))]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        state = _signed_in(browser, server)
        for look in looks if every_look else looks[:1]:
            context = browser.new_context(
                base_url=server.base_url, viewport=look.viewport, color_scheme=look.theme, storage_state=state
            )
            page = context.new_page()
            for name, address in pages.items():
                page.goto(address)
                page.wait_for_timeout(_SETTLE_MS)
                page.screenshot(path=folder / f"{name}{look.suffix if every_look else ''}.png")
            context.close()
        browser.close()


def _signed_in(browser: Browser, server: LocalServer) -> StorageState:
    context = browser.new_context(base_url=server.base_url)
    token = server.login_link().rpartition("/")[2]
    answer = context.request.post("/api/v1/session/link", data={"token": token}, headers={"Origin": server.base_url})
    if not answer.ok:
        raise RuntimeError(answer.text())
    state = context.storage_state()
    context.close()
    return state


if __name__ == "__main__":
    main()
