"""The runner of the small tasks: the real one, but for the platform it opens."""

import os

from small_tasks import all_tasks

from pictograph_server.jobs.crash import CrashPoint
from pictograph_server.runner import execute, prepare
from pictograph_server.storage.db.session import Database

if __name__ == "__main__":
    order = prepare()
    crash_at = os.environ.get("SMALL_CRASH_AT")
    db = Database(os.environ["SMALL_DATABASE_URL"])
    execute(order, db, all_tasks, crash_at=CrashPoint.parse(crash_at) if crash_at else None)
