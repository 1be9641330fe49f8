"""How soon the API answers after `pictograph up`: on a new data folder, and on one that is there already.

The limit is what Python needs to import the libraries that the server is made of. Processor seconds are printed beside
the clock's, for on a busy machine only they can be compared.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from examples.local_server import LocalServer

OUTPUT = Path("bench-output")
STARTS = 5
LIBRARIES = "import fastapi, uvicorn, sqlalchemy"
Result = TypeVar("Result")


@dataclass(frozen=True)
class Start:
    """Seconds from the command to the answers; `cpu_s` is all the processor time up to the server's end."""

    alive_s: float
    answered_s: float
    cpu_s: float


def main() -> None:
    print(f"start: medians of {STARTS} starts, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    data = OUTPUT / "start"
    first: list[Start] = []
    second: list[Start] = []
    limits: list[tuple[float, float]] = []
    for _ in range(STARTS):
        # In turns, so that whatever else the machine does meets all three alike.
        shutil.rmtree(data, ignore_errors=True)
        first.append(_start(data))
        second.append(_start(data))
        limits.append(_limit())
    shutil.rmtree(data, ignore_errors=True)
    for name, starts in (("first start", first), ("second start", second)):
        alive_s = statistics.median(start.alive_s for start in starts)
        answered_s = statistics.median(start.answered_s for start in starts)
        cpu_s = statistics.median(start.cpu_s for start in starts)
        print(f"  {name:13} /healthz {alive_s:5.2f} s   authenticated {answered_s:5.2f} s   processor {cpu_s:5.2f} s")
    wall_s = statistics.median(wall_s for wall_s, _ in limits)
    cpu_s = statistics.median(cpu_s for _, cpu_s in limits)
    print(f"  python -c '{LIBRARIES}' {wall_s:5.2f} s   processor {cpu_s:5.2f} s")


def _start(data: Path) -> Start:
    server = LocalServer(data)

    def run() -> tuple[float, float]:
        started = time.perf_counter()
        with server:
            request = urllib.request.Request(
                f"{server.base_url}/api/v1/developer/datasets/", headers={"X-API-Key": server.api_key}
            )
            with urllib.request.urlopen(request, timeout=10) as answer:
                answer.read()
            return server.seconds_to_answer, time.perf_counter() - started

    (alive_s, answered_s), cpu_s = _with_cpu(run)
    return Start(alive_s, answered_s, cpu_s)


def _limit() -> tuple[float, float]:
    def run() -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", LIBRARIES], check=True)
        return time.perf_counter() - started

    return _with_cpu(run)


def _with_cpu(run: Callable[[], Result]) -> tuple[Result, float]:
    """Run, and return beside the result the processor seconds of the children that ended meanwhile."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return result, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
