"""A run of `full_pipeline` is shown where others are watched: the server is told of each stage, and so is a log.

Whatever comes of that, the work goes on: a server that keeps no runs, or is too busy to hear, changes nothing.
"""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from pictograph.client import Client
from pictograph.exceptions import NetworkError, PictographError
from pictograph.models.pipeline import LabellingReport, PipelineRun, PipelineUpload, UploadProblem
from pictograph.workflows._rendering import describe_any
from pictograph.workflows.annotate import AnnotateReport
from pictograph.workflows.stage_lines import StageLines
from pictograph.workflows.upload import UploadReport

# While files are sent, the server hears in this time that somebody is still there.
_SIGN_OF_LIFE_S = 30.0
_MOST_FAILURES = 1000


class RunReporter:
    """Reports one run; without an id, to the log alone."""

    def __init__(self, client: Client, lines: StageLines, begin: Callable[[], PipelineRun]) -> None:
        self._client = client
        self._lines = lines
        self._run_id: str | None = None
        self._told_at = time.monotonic()
        with _unheard():
            self._run_id = begin().id

    @property
    def is_heard(self) -> bool:
        """The server keeps pipeline runs, this one among them."""
        return self._run_id is not None

    def sign_of_life(self) -> None:
        if time.monotonic() - self._told_at >= _SIGN_OF_LIFE_S:
            self._tell()

    def uploaded(self, upload: UploadReport) -> None:
        self._lines.uploaded(upload)
        problems = [
            UploadProblem(path=_readable(str(each.path)), reason=_readable(each.reason))
            for each in upload.failures[:_MOST_FAILURES]
        ]
        self._tell(
            upload=PipelineUpload(
                uploaded=upload.images_uploaded,
                skipped=upload.images_skipped,
                failed=len(upload.failures),
                failures=problems,
            )
        )

    def labelling(self) -> None:
        self._tell(stage="annotate")

    def labelling_job(self, job_id: str) -> None:
        self._lines.labelling_job(job_id)
        self._tell(job_id=job_id)

    def labelled(self, report: AnnotateReport) -> None:
        self._lines.labelled(report)
        if report.job_id is None:
            failed = len(report.failures)
            figures = LabellingReport(
                total=report.images_attempted,
                labelled=report.images_processed,
                skipped=report.images_skipped,
                failed=failed,
                annotations=report.annotations_added,
            )
            self._tell(labelling=figures)

    def training(self) -> None:
        self._tell(stage="train")

    def training_run(self, run_id: str) -> None:
        self._lines.training_run(run_id)
        self._tell(training_run_id=run_id)

    def waits_for_review(self) -> None:
        self._tell(outcome="waiting")

    def waits_for_credits(self, reason: str) -> None:
        self._tell(outcome="waiting", credit_skip_reason=reason)

    def completed(self) -> None:
        self._tell(outcome="completed")

    def failed(self, words: str) -> None:
        self._tell(outcome="failed", error_message=_readable(words))

    @contextmanager
    def watching(self) -> Generator[None]:
        """Say of what is raised inside that the run has failed."""
        try:
            yield
        except BaseException as error:
            # Where nobody answered, nobody would hear of it either.
            if not isinstance(error, NetworkError):
                self.failed(describe_any(error))
            raise

    def _tell(self, **news: object) -> None:
        if self._run_id is None:
            return
        self._told_at = time.monotonic()
        with _unheard():
            self._client.pipelines.report(self._run_id, **news)  # pyright: ignore[reportArgumentType]  # as above


@contextmanager
def _unheard() -> Generator[None]:
    try:
        yield
    except PictographError:
        # Nobody is watching; the work itself says what is wrong with the server.
        return


def _readable(text: str) -> str:
    """Return text that JSON can hold: odd bytes of file names as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")[:2000]
