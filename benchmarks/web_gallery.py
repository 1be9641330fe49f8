"""The gallery at work in Chromium: frames of scrolling through a hundred thousand thumbnails with annotations drawn.

`python -m benchmarks.web_gallery`. The data is made once and kept in `bench-output/`; GALLERY_IMAGES sets how many. The
images have rows and annotations of their own and share a few hundred pictures.
"""

import json
import os
import random
import shutil
import statistics
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from examples.local_server import LocalServer
from examples.scenes.folder import draw_folder
from PIL import Image
from playwright.sync_api import CDPSession, Page, sync_playwright
from sqlalchemy import Connection, select

from benchmarks.listing import id_at, insert_rows
from pictograph_server.platform import Platform, open_platform
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images import tallies
from pictograph_server.settings import Settings
from pictograph_server.storage.blobs import image_key, thumbnail_key
from pictograph_server.storage.db import tables
from pictograph_server.storage.digest import file_sha256

IMAGES = int(os.environ.get("GALLERY_IMAGES", "100000"))
PICTURES = 300
OUTPUT = Path("bench-output") / f"gallery-{IMAGES}"
DATASET = "large"
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_SIZE_WH = (640, 480)
SCROLL_S = 8.0
# Pixels a frame: reading along, and as fast as a wheel goes.
SPEEDS = {"read along": 12, "scroll": 60, "fling": 400}
# Moves the list by so much in every frame and notes when frames came. Runs in the page.
_SCROLL = """
([pixels, seconds]) => new Promise((resolve) => {
  const scroller = document.querySelector('[role="grid"]').parentElement;
  const times = [];
  const begin = performance.now();
  function frame(now) {
    times.push(now);
    if (now - begin > seconds * 1000) return resolve(times);
    scroller.scrollTop += pixels;
    requestAnimationFrame(frame);
  }
  requestAnimationFrame(frame);
})
"""
# Sets the list to a place and waits for every cell on screen to have its picture.
_JUMP = """
(share) => new Promise((resolve) => {
  const scroller = document.querySelector('[role="grid"]').parentElement;
  const begin = performance.now();
  scroller.scrollTop = (scroller.scrollHeight - scroller.clientHeight) * share;
  function look() {
    const view = scroller.getBoundingClientRect();
    const cells = [...scroller.querySelectorAll('[role="gridcell"]')].filter((cell) => {
      const frame = cell.getBoundingClientRect();
      return frame.bottom > view.top && frame.top < view.bottom;
    });
    const shown = cells.filter((cell) => { const image = cell.querySelector('img'); return image && image.complete; });
    if (cells.length > 0 && shown.length === cells.length) return resolve(performance.now() - begin);
    requestAnimationFrame(look);
  }
  requestAnimationFrame(() => requestAnimationFrame(look));
})
"""


def main() -> None:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    with LocalServer((OUTPUT / "data").resolve(), settings={"PICTOGRAPH_ANNOTATOR": "tiny"}) as server:
        _fill(server.data)
        program = shutil.which("chromium")
        if program is None:
            raise SystemExit("chromium is not installed")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            context = browser.new_context(base_url=server.base_url, viewport={"width": 1440, "height": 900})
            token = server.login_link().rpartition("/")[2]
            headers = {"Origin": server.base_url}
            assert context.request.post(
                f"{server.base_url}/api/v1/session/link", data={"token": token}, headers=headers
            ).ok
            page = context.new_page()
            _measure(page)
            browser.close()


def _measure(page: Page) -> None:
    print(
        f"gallery: {IMAGES:,} images, Chromium headless at 1440×900, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}"
    )
    started = time.perf_counter()
    page.goto(f"/datasets/{DATASET}")
    page.locator('[role="gridcell"] img').first.wait_for()
    print(f"  first thumbnails after               {time.perf_counter() - started:6.2f} s")
    page.wait_for_timeout(1500)
    debugger = page.context.new_cdp_session(page)
    # On the main thread's own clock: what else the machine does is left out.
    debugger.send("Performance.enable", {"timeDomain": "threadTicks"})
    for name, pixels in {"standing still": 0, **SPEEDS}.items():
        page.evaluate(_JUMP, 0.1)
        page.wait_for_timeout(1000)
        before = _worked_s(debugger)
        times = page.evaluate(_SCROLL, [pixels, SCROLL_S])
        _say(f"{name}, {pixels} pixels a frame", times, _worked_s(debugger) - before)
    jumps = [page.evaluate(_JUMP, random.Random(seed).random()) for seed in range(12)]
    print(f"  jump anywhere until all have pictures  p50 {statistics.median(jumps):6.0f} ms   max {max(jumps):6.0f} ms")
    cells = page.locator('[role="gridcell"]').count()
    nodes = page.evaluate("document.querySelectorAll('*').length")
    print(f"  cells there at a time {cells}, elements of the page {nodes}")


def _worked_s(debugger: CDPSession) -> float:
    metrics = debugger.send("Performance.getMetrics")["metrics"]
    return next(each["value"] for each in metrics if each["name"] == "TaskDuration")


def _say(name: str, times: list[float], worked_s: float) -> None:
    frames = [after - before for before, after in pairwise(times)]
    late = sum(frame > 25 for frame in frames) / len(frames)
    quantiles = statistics.quantiles(frames, n=100)
    print(
        f"  {name:36} main thread {worked_s / len(frames) * 1000:5.1f} ms a frame   "
        f"frames p50 {statistics.median(frames):5.1f}   p95 {quantiles[94]:5.1f}   max {max(frames):6.1f} ms   "
        f"over 25 ms {late * 100:4.1f} %   {1000 / statistics.mean(frames):5.1f} a second",
        flush=True,
    )


# --- the data ---


def _fill(data: Path) -> None:
    platform = open_platform(Settings(data_dir=data, access_log=False), migrate_database=False)
    with platform.db.read() as conn:
        organization_id = str(conn.execute(select(tables.organizations.c.id)).scalar_one())
        if conn.execute(select(tables.datasets.c.id).where(tables.datasets.c.name == DATASET)).first():
            platform.close()
            return
    print(f"  writing {IMAGES:,} images …", flush=True)
    pictures = _pictures(platform)
    with platform.db.write() as conn:
        dataset_id = datasets.create(conn, organization_id, name=DATASET).id
        datasets.ensure_classes(conn, dataset_id, [(name, "bbox", ()) for name in ("stop", "yield")])
    for start in range(0, IMAGES, 10_000):
        with platform.db.write() as conn:
            numbers = range(start, min(start + 10_000, IMAGES))
            _write(conn, organization_id, dataset_id, numbers, pictures)
    with platform.db.write() as conn:
        tallies.recount(conn, dataset_id)
        conn.execute(tables.datasets.update().where(tables.datasets.c.id == dataset_id).values(image_count=IMAGES))
    platform.close()


def _pictures(platform: Platform) -> list[str]:
    """Store pictures with their thumbnails, and return their hashes."""
    folder = OUTPUT / "pictures"
    draw_folder(folder, OUTPUT / "truth.json", scenes=PICTURES, seed=3)
    hashes: list[str] = []
    for path in sorted(folder.rglob("*.jpg")):
        sha256 = file_sha256(path)
        platform.blobs.put_file(image_key(sha256), path)
        with Image.open(path) as image:
            image.thumbnail((320, 320))
            image.save(OUTPUT / "thumbnail.jpg", quality=80)
        platform.blobs.put_file(thumbnail_key(sha256), OUTPUT / "thumbnail.jpg")
        hashes.append(sha256)
    return hashes


def _write(conn: Connection, organization_id: str, dataset_id: str, numbers: range, pictures: list[str]) -> None:
    chance = random.Random(numbers.start)
    images: list[tuple[object, ...]] = []
    labels: list[tuple[object, ...]] = []
    annotations: list[tuple[object, ...]] = []
    for number in numbers:
        moment = _BEGIN + timedelta(seconds=10 * number)
        image_id, at = id_at(moment, chance), f"{moment:%Y-%m-%d %H:%M:%S.%f}"
        drawn = [_annotation(number, index, chance) for index in range(chance.choice([0, 1, 2, 3, 6]))]
        names = {str(each["name"]) for each in drawn}
        labels += [
            (dataset_id, name, image_id, "sam3", sum(each["name"] == name for each in drawn), 0.5) for name in names
        ]
        images.append(
            (
                *(image_id, organization_id, dataset_id, f"frame_{number:07}.jpg", f"/day {number // 5000}"),
                *(chance.choice(["new", "review", "complete", "complete"]), len(drawn), 0.5 if drawn else None),
                *(60_000, *_SIZE_WH, "image/jpeg", chance.choice(pictures), f"{chance.getrandbits(64):016x}"),
                *(True, at, "{}", False, at, at),
            )
        )
        if drawn:
            annotations.append((image_id, organization_id, json.dumps(drawn), "{}", at))
    insert_rows(conn, "images", _IMAGE_COLUMNS, images)
    insert_rows(
        conn, "image_labels", "dataset_id, class_name, image_id, source, annotation_count, least_confidence", labels
    )
    insert_rows(conn, "annotations", "image_id, organization_id, document, provenance, updated_at", annotations)


_IMAGE_COLUMNS = (
    "id, organization_id, dataset_id, filename, folder_path, status, annotation_count, least_confidence, "
    "file_size_bytes, width, height, mime_type, sha256, dhash, has_thumbnail, ingested_at, auto_tags, is_archived, "
    "created_at, updated_at"
)


def _annotation(number: int, index: int, chance: random.Random) -> dict[str, object]:
    x, y, radius = chance.uniform(60, 580), chance.uniform(60, 420), chance.uniform(15, 55)
    common = {"id": f"{number}-{index}", "confidence": 0.5, "created_by": "sam3@x", "attributes": []}
    box = {"x": x - radius, "y": y - radius, "w": 2 * radius, "h": 2 * radius}
    if index % 2 == 0:
        return {**common, "name": "stop", "type": "bbox", "bounding_box": box}
    ring = [
        {"x": x + radius * (1 if step % 2 else 0.7) * _COS[step], "y": y + radius * _SIN[step]} for step in range(24)
    ]
    return {**common, "name": "yield", "type": "polygon", "bounding_box": box, "polygon": {"paths": [ring]}}


_TURNS = [complex(0, 1) ** (4 * step / 24) for step in range(24)]
_COS, _SIN = [turn.real for turn in _TURNS], [turn.imag for turn in _TURNS]


if __name__ == "__main__":
    main()
