"""A sentence whenever a stage of `full_pipeline` begins or ends: for logs and pipes, where no bar can be drawn."""

from collections.abc import Callable

from pictograph.client import Client
from pictograph.exceptions import PictographError
from pictograph.models.training import TrainingRun, TrainingStatus
from pictograph.workflows._rendering import count
from pictograph.workflows.annotate import AnnotateReport
from pictograph.workflows.progress import Progress, ProgressCallback, Stage
from pictograph.workflows.upload import UploadReport

_NOT_BEGUN = ("pending", "queued")
_GOES_ON = "the server goes on with it without this command"


class StageLines:
    """Says one run's stages; without `say`, nothing, and then the server is asked nothing for it."""

    def __init__(self, client: Client, dataset_name: str, say: Callable[[str], None] | None) -> None:
        self._client = client
        self._dataset_name = dataset_name
        self._say = say
        self._begun: set[Stage] = set()

    def listening(self, show: ProgressCallback) -> ProgressCallback:
        """Return `show`, overheard: some stages are known by their first sign of progress only."""
        if self._say is None:
            return show

        def heard(progress: Progress) -> None:
            self._begin(progress)
            show(progress)

        return heard

    def uploaded(self, report: UploadReport) -> None:
        words = f"uploaded {count(report.images_uploaded, 'image')}"
        if report.images_skipped:
            words += f", {report.images_skipped} already there"
        self._tell(words + _failures(len(report.failures)))

    def labelling_job(self, job_id: str) -> None:
        self._begun.add("annotate")
        self._tell(f"labelling: job {job_id}; {_GOES_ON}")

    def labelled(self, report: AnnotateReport) -> None:
        words = f"labelled {count(report.images_processed, 'image')}, {count(report.annotations_added, 'annotation')}"
        if report.images_skipped:
            words += f", {report.images_skipped} skipped"
        self._tell(words + _failures(len(report.failures)))

    def training_run(self, run_id: str) -> None:
        if self._say is not None:
            self._tell(f"training: run {run_id}{self._place(run_id)}; {_GOES_ON}")

    def _begin(self, progress: Progress) -> None:
        stage = progress.stage
        if stage in self._begun or (stage == "train" and progress.message in _NOT_BEGUN):
            return
        self._begun.add(stage)
        if stage == "upload":
            self._tell(f"uploading {count(progress.total, 'image')} into {self._dataset_name!r}")
        elif stage == "annotate":
            self._tell(f"labelling {count(progress.total, 'image')} one by one")
        elif stage == "export":
            self._tell("export: what is complete is frozen for the training")
        else:
            self._tell(f"training: {progress.message}")

    def _place(self, run_id: str) -> str:
        """Return what a run that has not begun waits behind, as far as this key can see."""
        try:
            run = self._client.training.get(run_id)
            if run.status not in _NOT_BEGUN:
                return ""
            others = [*self._others(run, "running"), *self._others(run, "queued")]
        except PictographError:
            # Only the words of a log; the wait that follows says what is wrong with the server.
            return ""
        if not others:
            return ", queued"
        rest = f" and {count(len(others) - 1, 'other run')}" if len(others) > 1 else ""
        return f", queued behind {others[0].name!r}{rest}"

    def _others(self, run: TrainingRun, status: TrainingStatus) -> list[TrainingRun]:
        found = self._client.training.list(status=status)
        return [each for each in found if each.id != run.id and each.created_at <= run.created_at]

    def _tell(self, words: str) -> None:
        if self._say is not None:
            # Odd bytes of names as escapes: a log is text.
            self._say(words.encode("utf-8", "backslashreplace").decode("utf-8"))


def _failures(number: int) -> str:
    return f", {number} failed" if number else ""
