"""`client.auto_annotate`: a model looks, and says what it sees."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pictograph._http.transport import Transport, parse, path_of
from pictograph._http.waiting import wait_for
from pictograph.models.auto_annotate import BatchClass, BatchJob, PromptResult


class AutoAnnotate:
    """Ask a model about one image (nothing is saved), or have it annotate many (its findings are saved).

    Coordinates are absolute pixels of the display-oriented image. `image_filename` is a name, or a folder and a name
    (`night/5.jpg`) where names repeat.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def point(
        self,
        dataset_name: str,
        image_filename: str,
        *,
        x: int,
        y: int,
        name: str = "object",
        positive_points: Sequence[tuple[int, int]] | None = None,
        negative_points: Sequence[tuple[int, int]] | None = None,
        score_threshold: float = 0.75,
    ) -> PromptResult:
        """Return the polygon of the object at a point. Further points say what belongs to it and what does not."""
        body: dict[str, Any] = {
            "dataset_name": dataset_name,
            "image_filename": image_filename,
            "x": x,
            "y": y,
            "name": name,
            "score_threshold": score_threshold,
        }
        if positive_points is not None:
            body["positive_points"] = [list(point) for point in positive_points]
        if negative_points is not None:
            body["negative_points"] = [list(point) for point in negative_points]
        return _prompt_result(self._transport.post(path_of("auto-annotate", "sam3", "point"), json=body))

    def box(
        self,
        dataset_name: str,
        image_filename: str,
        *,
        box: dict[str, float],
        name: str,
        confidence_threshold: float = 0.5,
        return_polygon: bool = True,
        negative_boxes: Sequence[dict[str, float]] | None = None,
    ) -> PromptResult:
        """Return the object inside a box `{x, y, w, h}`: the refined box, its polygon, or both."""
        body: dict[str, Any] = {
            "dataset_name": dataset_name,
            "image_filename": image_filename,
            "box": dict(box),
            "name": name,
            "confidence_threshold": confidence_threshold,
            "return_polygon": return_polygon,
        }
        if negative_boxes is not None:
            body["negative_boxes"] = [dict(negative) for negative in negative_boxes]
        return _prompt_result(self._transport.post(path_of("auto-annotate", "sam3", "box"), json=body))

    def text(
        self,
        dataset_name: str,
        image_filename: str,
        *,
        text_prompt: str,
        output_type: str = "polygon",
        confidence_threshold: float = 0.3,
        max_detections: int = 50,
    ) -> PromptResult:
        """Return every instance of a phrase, most confident first. `output_type` is "polygon" or "bbox"."""
        body = {
            "dataset_name": dataset_name,
            "image_filename": image_filename,
            "text_prompt": text_prompt,
            "output_type": output_type,
            "confidence_threshold": confidence_threshold,
            "max_detections": max_detections,
        }
        return _prompt_result(self._transport.post(path_of("auto-annotate", "sam3", "text"), json=body))

    def batch(
        self,
        dataset_name: str,
        image_filenames: Sequence[str],
        classes: Sequence[BatchClass | dict[str, Any]],
        *,
        confidence_threshold: float = 0.5,
        model_id: str | None = None,
        top_k: int = 1,
        wait: bool = True,
        poll_interval: float = 5.0,
        timeout: float = 1800.0,
        image_ids: Sequence[str] | None = None,
        review: bool | None = None,
        skip_annotated: bool | None = None,
    ) -> BatchJob:
        """Annotate many images in a job that saves as it goes, and return the job.

        Args:
            model_id: a trained model of yours instead of SAM 3.
            image_ids: the same images as `image_filenames` by id. Names repeat between folders, ids never do.
            review: put the images up for review instead of marking them complete.
            skip_annotated: leave images alone that have annotations when their turn comes.
        Raises:
            PaymentRequiredError: there are not enough credits; nothing was started.
            ApiError, PollTimeoutError: see `wait_for_batch`.

        The last three go beyond the hosted service and are sent only when given.
        """
        parsed = [item if isinstance(item, BatchClass) else BatchClass.model_validate(item) for item in classes]
        body: dict[str, Any] = {
            "dataset_name": dataset_name,
            "image_filenames": list(image_filenames),
            "classes": [item.model_dump(exclude_none=True) for item in parsed],
            "confidence_threshold": confidence_threshold,
            "top_k": top_k,
        }
        extras = {
            "model_id": model_id,
            "image_ids": list(image_ids) if image_ids is not None else None,
            "review": review,
            "skip_annotated": skip_annotated,
        }
        body |= {name: value for name, value in extras.items() if value is not None}
        job = parse(BatchJob, self._transport.post(path_of("auto-annotate", "batch"), json=body))
        return self.wait_for_batch(job.job_id, poll_interval=poll_interval, timeout=timeout) if wait else job

    def get_batch(self, job_id: str) -> BatchJob:
        """Return a batch job as it stands."""
        return parse(BatchJob, self._transport.get(path_of("auto-annotate", "batch", job_id)))

    def cancel_batch(self, job_id: str) -> BatchJob:
        """Stop a batch job and return it. What it saved stays."""
        return parse(BatchJob, self._transport.post(path_of("auto-annotate", "batch", job_id, "cancel")))

    def wait_for_batch(
        self,
        job_id: str,
        *,
        poll_interval: float = 5.0,
        timeout: float = 1800.0,
        sleep: Callable[[float], None] | None = None,
        progress: Callable[[BatchJob], None] | None = None,
    ) -> BatchJob:
        """Return the job once it is completed. `progress` gets every snapshot.

        Raises:
            ApiError: the job failed or was cancelled; `response` is the job as a dict.
            PollTimeoutError: it is still running after `timeout` seconds.
        """
        return wait_for(
            lambda: self.get_batch(job_id),
            what=f"Auto-annotation job {job_id}",
            status_of=lambda job: job.status,
            done=frozenset({"completed"}),
            failed=frozenset({"failed", "cancelled"}),
            error_of=lambda job: job.error_message,
            poll_interval=poll_interval,
            timeout=timeout,
            sleep=sleep or self._transport.sleep,
            progress=progress,
        )


def _prompt_result(document: Any) -> PromptResult:
    """Return the result with its findings in one list: the wire of a point prompt has a single `annotation`."""
    if isinstance(document, Mapping):
        answer: dict[str, Any] = {"status": "success", **document}
        if answer.get("annotations") is None:
            found = answer.get("annotation")
            answer["annotations"] = [] if found is None else [found]
        document = answer
    return parse(PromptResult, document)
