"""How soon each page of the web app shows what it is for, how much it loads, and how much of it jumps about.

A real server with a few labelled scenes and nothing else to do, Chromium on the same machine, each page opened cold
(nothing cached) and warm. The first line is the floor: a page of one sentence from the same server, without script.
"""

import os
import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from examples.local_server import LocalServer
from examples.scenes.folder import draw_folder
from playwright.sync_api import Browser, Page, StorageState, ViewportSize, sync_playwright

from pictograph import Client
from pictograph.workflows import full_pipeline

OUTPUT = Path("bench-output")
SCENES = 60
LOADS = 5
# The server is idle once it took less than this share of a core for so long.
IDLE_SHARE, IDLE_S, IDLE_TIMEOUT_S = 0.05, 3.0, 120.0
VIEWPORT = ViewportSize(width=1440, height=900)
# Milliseconds from the click on an address to the page's heading with all its content in place of skeletons.
_READY = """() => document.querySelector('h1') && !document.querySelector('.animate-pulse')
  && (window.__ready ??= performance.now())"""
_SHIFTS = """() => new Promise(resolve => {
  let sum = 0;
  new PerformanceObserver(list => { for (const each of list.getEntries()) sum += each.hadRecentInput ? 0 : each.value })
    .observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => resolve(sum), 400);
})"""
_BYTES = """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .filter(each => !/\\/(api|files)\\//.test(each.name)).reduce((sum, each) => sum + each.transferSize, 0)"""


FLOOR = "/login/nobody"


@dataclass(frozen=True)
class Load:
    ready_ms: float
    shift: float
    app_bytes: int


def main() -> None:
    folder = OUTPUT / f"scenes-{SCENES}"
    draw_folder(folder, OUTPUT / f"scenes-{SCENES}.json", scenes=SCENES, seed=1)
    data = OUTPUT / "web-pages"
    shutil.rmtree(data, ignore_errors=True)
    with LocalServer(data, settings={"PICTOGRAPH_ANNOTATOR": "tiny"}) as server, sync_playwright() as playwright:
        addresses = _fill(server, folder)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        first = browser.new_context(base_url=server.base_url)
        token = server.login_link().rpartition("/")[2]
        first.request.post("/api/v1/session/link", data={"token": token}, headers={"Origin": server.base_url})
        state = first.storage_state()
        _await_idle(server)
        print(
            f"web pages: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; fastest / median of {LOADS} loads, ms"
        )
        for address in (FLOOR, *addresses):
            loads = list(_loads(browser, server, state, address))
            cold, warm = [load for load, _ in loads], [load for _, load in loads]
            print(
                f"  {address:<42} ready {_times(cold)}, warm {_times(warm)}, "
                f"shift {max(load.shift for load in cold):.3f}, app {cold[0].app_bytes / 1000:6.0f} KB"
            )
        browser.close()


def _fill(server: LocalServer, folder: Path) -> list[str]:
    with Client(server.api_key, base_url=server.base_url) as client:
        full_pipeline(
            client,
            dataset_name="signs",
            folder=folder,
            classes=[("stop_sign", "bbox"), ("yield", "bbox")],
            pipeline="yolox",
            train=False,
        )
        image = client.images.list("signs", limit=1)[0]
    dataset = "/datasets/signs"
    return [
        *("/", "/pipelines", "/pipelines/new", "/datasets", dataset, f"{dataset}/classes", f"{dataset}/statistics"),
        *(f"{dataset}/images/{image.id}", f"{dataset}/review", "/training", "/training/new", "/models", "/exports"),
        *("/jobs", "/credits", "/organization/members", "/account"),
    ]


def _loads(browser: Browser, server: LocalServer, state: StorageState, address: str) -> Iterator[tuple[Load, Load]]:
    """Yield a cold load and the warm one after it."""
    for _ in range(LOADS):
        context = browser.new_context(base_url=server.base_url, viewport=VIEWPORT, storage_state=state)
        page = context.new_page()
        yield _load(page, address), _load(page, address)
        context.close()


def _load(page: Page, address: str) -> Load:
    page.goto(address, wait_until="commit")
    page.wait_for_function(_READY)
    ready = page.evaluate("window.__ready")
    return Load(ready, page.evaluate(_SHIFTS), page.evaluate(_BYTES))


def _times(loads: list[Load]) -> str:
    times = [load.ready_ms for load in loads]
    return f"{min(times):5.0f} /{statistics.median(times):5.0f}"


def _await_idle(server: LocalServer) -> None:
    """Return once the server and what it started rest: labelling, loading a model, making thumbnails take the cores."""
    until = time.monotonic() + IDLE_TIMEOUT_S
    while True:
        before = _cpu_seconds(server.pid)
        time.sleep(IDLE_S)
        share = (_cpu_seconds(server.pid) - before) / IDLE_S
        if share < IDLE_SHARE:
            return
        if time.monotonic() > until:
            raise RuntimeError(f"the server still takes {share:.0%} of a core after {IDLE_TIMEOUT_S:.0f} s")


def _cpu_seconds(server: int) -> float:
    """Return the processor time of a process and of all that it started."""
    ticks: dict[int, int] = {}
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # What comes after the name, which may hold spaces: the state, then the parent; 11 and 12 are the times.
            fields = stat.read_text().rpartition(")")[2].split()
            pid = int(stat.parent.name)
            ticks[pid] = int(fields[11]) + int(fields[12])
            children.setdefault(int(fields[1]), []).append(pid)
    family = [server]
    for pid in family:
        family += children.get(pid, ())
    return sum(ticks.get(pid, 0) for pid in family) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
