"""A testing aid: let a runner die exactly at a checkpoint. Off unless `PICTOGRAPH_CRASH_AT` is set.

`TASK:before|after:CHECKPOINT[@server]`, for example `train:after:epoch:3` or `annotate:before:shard:0@server`.

- TASK is the task's name, or `*`.
- `before` dies with the transaction written and not committed, `after` right behind its commit.
- CHECKPOINT is a checkpoint's name; or `#3`, the try's third `run.transaction`, whether it has a checkpoint or not; or
  `end`, the transaction that sets the final state.
- Only the job's first try dies, so the job must then complete. With `@server` the parent process is killed too.
"""

import os
import signal
import time
from dataclasses import dataclass
from typing import Literal

from .queue import JobRecord

When = Literal["before", "after"]
END = "end"


@dataclass(frozen=True, slots=True)
class CrashPoint:
    task: str
    when: When
    checkpoint: str
    kill_server: bool = False

    @classmethod
    def parse(cls, text: str) -> "CrashPoint":
        """Read `TASK:before|after:CHECKPOINT[@server]`.

        Raises:
            ValueError: it is written otherwise.
        """
        place, _, whom = text.partition("@")
        task, when, checkpoint = [*place.split(":", 2), "", ""][:3]
        if not task or when not in ("before", "after") or not checkpoint or whom not in ("", "server"):
            raise ValueError(f"crash point {text!r} is not written as TASK:before|after:CHECKPOINT[@server]")
        return cls(task, when, checkpoint, whom == "server")

    def reached(self, job: JobRecord, when: When, *places: str) -> None:
        """Kill this process with SIGKILL if this is the place, under any of its names."""
        if job.attempt != 1 or when != self.when or self.checkpoint not in places or self.task not in ("*", job.task):
            return
        if self.kill_server:
            os.kill(os.getppid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)
        # The signal is on its way; nothing behind this place may happen.
        time.sleep(60)
