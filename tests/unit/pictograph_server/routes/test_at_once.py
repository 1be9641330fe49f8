"""No more at the same time than are allowed; every event loop has its own."""

import threading
import time

import anyio
from anyio import to_thread

from pictograph_server.routes.at_once import AtOnce


def test_at_once__the_rest_waits():
    few, lock = AtOnce("test", 2), threading.Lock()
    now = most = 0

    def work() -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02)
        with lock:
            now -= 1

    async def all_of_them() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(8):
                group.start_soon(lambda: to_thread.run_sync(work, limiter=few.limiter()))

    for _ in range(2):
        anyio.run(all_of_them)
        assert most == 2
