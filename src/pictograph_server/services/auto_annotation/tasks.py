"""The job of auto-annotation: a shard of a batch."""

from typing import TYPE_CHECKING

from pictograph_server.jobs.run import JobRun
from pictograph_server.jobs.task import Task
from pictograph_server.platform import Platform
from pictograph_server.services.auto_annotation import shards

if TYPE_CHECKING:
    from pictograph_server.services.auto_annotation.annotate import OpenAnnotator


def tasks(platform: Platform, open_annotator: "OpenAnnotator | None" = None) -> tuple[Task, ...]:
    def run_shard(run: JobRun) -> None:
        # In the job's process only: the server that lists the tasks starts without numpy.
        from pictograph_server.services.auto_annotation.annotate import annotate

        annotate(run, platform, open_annotator or _open_warm(platform))

    return (Task(name=shards.ANNOTATE_TASK, lane=shards.ANNOTATE_LANE, function=run_shard, on_end=shards.ended),)


def _open_warm(platform: Platform) -> "OpenAnnotator":
    from pictograph_server.executors.annotator_client import open_remote

    return lambda choice, device: open_remote(platform.settings.annotator_address, choice, device)
