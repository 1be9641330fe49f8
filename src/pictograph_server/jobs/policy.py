"""How patient the platform is with a job: leases, heartbeats, and how often it is tried again."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class JobPolicy:
    """The times and limits of every job; see docs/concepts/jobs.md.

    A try that raises counts against the job's own `max_attempts`; the limits here are for tries that end without a
    word. All counts start again when a try gets further (a new checkpoint, more progress).
    """

    # A job whose runner has not beaten for this long is taken from it. On the database's clock.
    lease_s: float = 30.0
    beat_s: float = 2.5
    # The first lease, until the runner's first beat: a child of Python on a busy machine takes seconds to begin.
    start_s: float = 90.0
    # The runner's process died while its worker lived: out of memory, a segfault, kill -9.
    max_deaths: int = 5
    # The worker itself vanished: most often a restart of the server or of the machine, which is not the job's fault.
    max_losses: int = 30
    # Waits 1, 2, 4 … seconds between tries.
    backoff_s: float = 1.0
    max_backoff_s: float = 60.0
    # Events, checkpoints and logs of jobs that ended longer ago than this are deleted.
    keep_days: float = 14.0

    def wait_s(self, tries: int) -> float:
        """Return how long a job waits after so many tries in a row that got no further."""
        return min(self.max_backoff_s, self.backoff_s * 2.0 ** max(0, tries - 1))

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "JobPolicy":
        return cls(**json.loads(text))
