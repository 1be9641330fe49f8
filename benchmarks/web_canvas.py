"""Frame times of the editor's canvas with 2,000 polygons, and of scrolling a hundred thousand thumbnails, in Chromium.

The pages of `web/bench/` are built with the app's own components and driven with a real mouse. Times are from one frame
to the next as the page sees them: a 60 Hz screen gives 16.7 ms at best, and what takes longer misses a frame.
Chromium is the machine's own; where there is none, the one that Playwright has fetched.
"""

import functools
import os
import shutil
import statistics
import subprocess
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

WEB = Path(__file__).parents[1] / "web"
CHROMIUM = shutil.which("chromium")
POLYGONS = int(os.environ.get("CANVAS_POLYGONS", "2000"))
POINTS = 20
WIDTH, HEIGHT = 1440, 900
MOVES = 120


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, _served(_build(Path(folder))) as address, sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=CHROMIUM)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        print(
            f"web_canvas: {POLYGONS:,} polygons of {POINTS} points at {WIDTH} x {HEIGHT}, headless Chromium "
            f"{browser.version}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; ms from frame to frame"
        )
        print("| | median | p95 | longest | frames | CPU a frame: page | all |\n|---|---|---|---|---|---|---|")
        for name, query, act in _cases():
            _open(page, f"{address}/canvas.html?polygons={POLYGONS}&points={POINTS}{query}")
            _report(name, _measured(page, act))
        _open(page, f"{address}/thumbnails.html?images=100000&shapes=12")
        _report("scroll 100,000 thumbnails, 12 shapes each, 3,000 px/s", _measured(page, _scroll_thumbnails))
        browser.close()


Act = Callable[[Page], None]


def _cases() -> Iterator[tuple[str, str, Act]]:
    yield "move the mouse over the shapes", "", _hover
    yield "drag one polygon", "", _drag_one
    yield "drag a vertex", "", _drag_vertex
    yield "drag all polygons at once", "", _drag_all
    yield "pan", "", _pan
    yield "pan, with a label on each", "&labels=all", _pan
    yield "zoom with the wheel", "", _zoom
    yield "draw a box", "&tool=box", _draw


def _hover(page: Page) -> None:
    _move_around(page)


def _drag_one(page: Page) -> None:
    page.mouse.move(WIDTH / 2, HEIGHT / 2)
    page.mouse.down()
    _move_around(page)
    page.mouse.up()


def _drag_vertex(page: Page) -> None:
    x, y = page.evaluate("window.vertexOnScreen()")
    page.mouse.click(*page.evaluate("window.middleOnScreen()"))
    page.mouse.move(x, y)
    page.mouse.down()
    _move_around(page)
    page.mouse.up()


def _drag_all(page: Page) -> None:
    page.mouse.move(WIDTH / 2, HEIGHT / 2)
    page.get_by_role("application").focus()
    page.keyboard.press("Control+a")
    page.mouse.down()
    _move_around(page)
    page.mouse.up()


def _pan(page: Page) -> None:
    page.mouse.move(WIDTH / 2, HEIGHT / 2)
    page.mouse.down(button="middle")
    _move_around(page)
    page.mouse.up(button="middle")


def _zoom(page: Page) -> None:
    page.mouse.move(WIDTH / 2, HEIGHT / 2)
    for step in range(MOVES):
        page.mouse.wheel(0, -40 if step < MOVES / 2 else 40)


def _draw(page: Page) -> None:
    page.mouse.move(WIDTH / 3, HEIGHT / 3)
    page.mouse.down()
    _move_around(page)
    page.mouse.up()


def _scroll_thumbnails(page: Page) -> None:
    page.mouse.move(WIDTH / 2, HEIGHT / 2)
    for _ in range(MOVES):
        page.mouse.wheel(0, 50)


def _move_around(page: Page) -> None:
    for step in range(MOVES):
        page.mouse.move(WIDTH / 2 + (step % 60) * 4 - 120, HEIGHT / 2 + (step % 40) * 3 - 60)


@dataclass(frozen=True)
class Measurement:
    """Milliseconds from frame to frame, and of processor time that a frame took on average: what others run meanwhile
    does not count there. `page_ms` is of the page's main thread, `all_ms` of all of Chromium with its rendering."""

    frames: list[float]
    page_ms: float
    all_ms: float


def _measured(page: Page, act: Act) -> Measurement:
    clock = page.context.new_cdp_session(page)
    clock.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = _cpu_seconds(page, clock)
    page.evaluate("window.frameTimes.begin()")
    act(page)
    frames: list[float] = page.evaluate("window.frameTimes.end()")
    spent = [1000 * (now - then) / len(frames) for now, then in zip(_cpu_seconds(page, clock), before, strict=True)]
    clock.detach()
    return Measurement(sorted(frames), *spent)


def _cpu_seconds(page: Page, clock: CDPSession) -> tuple[float, float]:
    metrics = clock.send("Performance.getMetrics")["metrics"]
    browser = cast("Browser", page.context.browser).new_browser_cdp_session()
    processes = browser.send("SystemInfo.getProcessInfo")["processInfo"]
    browser.detach()
    page_s = next(each["value"] for each in metrics if each["name"] == "TaskDuration")
    return page_s, sum(each["cpuTime"] for each in processes)


def _report(name: str, found: Measurement) -> None:
    frames = found.frames
    p95 = frames[int(len(frames) * 0.95)]
    print(
        f"| {name} | {statistics.median(frames):.1f} | {p95:.1f} | {frames[-1]:.1f} | {len(frames)} "
        f"| {found.page_ms:.1f} | {found.all_ms:.1f} |",
        flush=True,
    )


def _open(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_function("window.isReady")
    # The first painting, which is spread over several frames, is over.
    page.wait_for_timeout(800)


def _build(folder: Path) -> Path:
    subprocess.run(
        ["npx", "vite", "build", "--config", "bench/vite.config.ts", "--outDir", str(folder), "--logLevel", "warn"],
        cwd=WEB,
        check=True,
    )
    return folder


@contextmanager
def _served(folder: Path) -> Generator[str]:
    handler = functools.partial(_QuietHandler, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


if __name__ == "__main__":
    main()
