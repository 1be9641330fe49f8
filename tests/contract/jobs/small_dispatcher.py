"""A process with a dispatcher of the small tasks in it, to be killed: `small_dispatcher.py URL FOLDER alone|shared`."""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from small_tasks import LANE, all_tasks

from pictograph_server.executors.process import ProcessExecutor
from pictograph_server.jobs.dispatcher import Dispatcher, Tick
from pictograph_server.jobs.policy import JobPolicy
from pictograph_server.storage.db.session import Database

POLICY = JobPolicy(lease_s=3.0, beat_s=0.5, start_s=30.0, backoff_s=0.05, max_deaths=3)
RUNNER = (sys.executable, str(Path(__file__).with_name("small_runner.py")))


def small_dispatcher(
    db: Database,
    folder: Path,
    *,
    slots: int = 1,
    alone: bool = False,
    crash_at: str = "",
    ticks: Sequence[Tick] = (),
) -> Dispatcher:
    url = db.engine.url.render_as_string(hide_password=False)
    environment = {**os.environ, "SMALL_DATABASE_URL": url, "SMALL_CRASH_AT": crash_at}
    executor = ProcessExecutor(folder, env=environment, grace_s=0.5, command=RUNNER)
    return Dispatcher(db, all_tasks(), executor, {LANE: slots}, policy=POLICY, alone=alone, ticks=ticks)


if __name__ == "__main__":
    url, folder, ownership = sys.argv[1:]
    crash_at = os.environ.get("SMALL_CRASH_AT", "")
    small_dispatcher(Database(url), Path(folder), alone=ownership == "alone", crash_at=crash_at).start()
    time.sleep(600)
