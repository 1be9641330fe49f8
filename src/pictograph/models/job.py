"""Work that the server does in the background, of every kind, as a list for people."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from pictograph.models.common import WireModel

JobState = Literal["queued", "running", "completed", "failed", "cancelled"]


class JobSubject(WireModel):
    """What a job belongs to: an export, a training run, a labelling. `id` and `name` find it."""

    kind: str
    id: str
    name: str
    # Of an evaluation or a scoring: the model.
    model_id: str | None = None


class Job(WireModel):
    """One piece of work. A labelling of many images is one job, whatever it is divided into."""

    id: str
    # `annotate`, `train`, `export`, `import` …: docs/concepts/jobs.md has them all. A newer server may know others.
    kind: str
    # In words for people: "Training run road-signs-1".
    title: str
    state: JobState
    is_cancelling: bool = False
    can_cancel: bool = False
    progress: int = Field(ge=0, le=100)
    message: str | None = None
    # Why it failed, in words.
    error: str | None = None
    dataset_id: str | None = None
    dataset_name: str | None = None
    subject: JobSubject | None = None
    # Who asked for it; None for what the server does by itself.
    created_by: str | None = None
    created_by_name: str | None = None
    # Which try this is: more than one where a process died on the way.
    attempt: int = 0
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.state in ("completed", "failed", "cancelled")
