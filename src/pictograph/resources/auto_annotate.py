"""`client.auto_annotate`: a model looks, and says what it sees."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pictograph._http.transport import Transport, parse, path_of
from pictograph._http.waiting import snapshots, wait_for
from pictograph.models.annotator import Annotator
from pictograph.models.auto_annotate import (
    Acceptance,
    AnnotationDestination,
    BatchClass,
    BatchEstimate,
    BatchJob,
    BatchOutputType,
    PromptResult,
)


class AutoAnnotate:
    """Ask a model about one image (nothing is saved), or have it annotate many (its findings are saved).

    Coordinates are absolute pixels of the display-oriented image. `image_filename` is a name, a folder and a name
    (`night/5.jpg`) where names repeat, or an id. `annotator` names an engine of the server ("sam3", "grounded-sam2",
    "owlv2", "tiny"), `model_id` a trained model; without either the server uses its own. Like all that goes beyond the
    hosted service, they are sent only when given.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def annotators(self) -> list[Annotator]:
        """Return the annotators of the server, best first: which can be used, why the others cannot, what to do.

        Takes seconds where the server looks for weights on a hub that does not answer.
        """
        listed = self._transport.get(path_of("auto-annotate", "annotators"))["annotators"]
        return [parse(Annotator, each) for each in listed]

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
        annotator: str | None = None,
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
        body |= _given(annotator=annotator)
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
        annotator: str | None = None,
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
        body |= _given(annotator=annotator)
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
        name: str | None = None,
        prompts: Sequence[str] | None = None,
        min_area: float | None = None,
        annotator: str | None = None,
        model_id: str | None = None,
    ) -> PromptResult:
        """Return every instance of a phrase, most confident first. `output_type` is "polygon" or "bbox".

        Args:
            name: the class of what is found, in place of the phrase.
            prompts: several phrases for one class; what they find of one object is returned once.
            min_area: leave out what has fewer square pixels.
        """
        body: dict[str, Any] = {
            "dataset_name": dataset_name,
            "image_filename": image_filename,
            "text_prompt": text_prompt,
            "output_type": output_type,
            "confidence_threshold": confidence_threshold,
            "max_detections": max_detections,
        }
        body |= _given(
            name=name,
            prompts=None if prompts is None else list(prompts),
            min_area=min_area,
            annotator=annotator,
            model_id=model_id,
        )
        return _prompt_result(self._transport.post(path_of("auto-annotate", "sam3", "text"), json=body))

    def batch(
        self,
        dataset_name: str,
        image_filenames: Sequence[str] | None = None,
        classes: Sequence[BatchClass | dict[str, Any]] = (),
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
        annotator: str | None = None,
        exclusive: bool | None = None,
        max_detections: int | None = None,
        min_area: float | None = None,
        max_credits: int | None = None,
        destination: AnnotationDestination | None = None,
    ) -> BatchJob:
        """Annotate many images in a job that saves as it goes, and return the job.

        Args:
            image_filenames: None, and no `image_ids`: every image of the dataset.
            classes: what to look for; a trained model looks for all its classes when there are none.
            confidence_threshold: the least confidence of what is kept; a class may have one of its own.
            model_id: a trained model of yours instead of SAM 3.
            top_k: how many tags a classification model gives an image.
            image_ids: the same images as `image_filenames` by id. Names repeat between folders, ids never do.
            review: put the images up for review instead of marking them complete.
            skip_annotated: leave images alone that have annotations when their turn comes.
            exclusive: keep an object that answers several classes once, as the class it answers best.
            max_detections: keep at most so many of a class on an image.
            min_area: leave out what has fewer square pixels.
            max_credits: refuse to start what may cost more; `estimate` says what it will be.
            destination: "proposals" keeps what is found beside the dataset, which stays as it is.
        Raises:
            PaymentRequiredError: there are not enough credits; nothing was started.
            ConflictError: it may cost more than `max_credits`; nothing was started.
            ApiError, PollTimeoutError: see `wait_for_batch`.

        What stands behind `timeout` goes beyond the hosted service.
        """
        body = _batch_body(dataset_name, image_filenames, image_ids, classes, confidence_threshold, top_k)
        body |= _given(
            model_id=model_id,
            review=review,
            skip_annotated=skip_annotated,
            annotator=annotator,
            exclusive=exclusive,
            max_detections=max_detections,
            min_area=min_area,
            max_credits=max_credits,
            destination=destination,
        )
        return self._started(("auto-annotate", "batch"), body, wait, poll_interval, timeout)

    def estimate(
        self,
        dataset_name: str,
        image_filenames: Sequence[str] | None = None,
        classes: Sequence[BatchClass | dict[str, Any]] = (),
        *,
        confidence_threshold: float = 0.5,
        model_id: str | None = None,
        top_k: int = 1,
        image_ids: Sequence[str] | None = None,
        skip_annotated: bool | None = None,
        annotator: str | None = None,
    ) -> BatchEstimate:
        """Return what `batch` would do and cost with these arguments; nothing is started, and it never costs more.

        It raises what `batch` would raise, so that a wrong class or an engine that cannot be used is known before.
        """
        body = _batch_body(dataset_name, image_filenames, image_ids, classes, confidence_threshold, top_k)
        body |= _given(model_id=model_id, skip_annotated=skip_annotated, annotator=annotator)
        return parse(BatchEstimate, self._transport.post(path_of("auto-annotate", "batch", "quote"), json=body))

    def similar(
        self,
        dataset_name: str,
        image: str,
        box: Mapping[str, float] | Sequence[Mapping[str, float]],
        *,
        name: str,
        negative_boxes: Sequence[Mapping[str, float]] | None = None,
        prompt: str | None = None,
        output_type: BatchOutputType = "polygon",
        confidence_threshold: float = 0.5,
        image_filenames: Sequence[str] | None = None,
        image_ids: Sequence[str] | None = None,
        max_detections: int | None = None,
        min_area: float | None = None,
        annotator: str | None = None,
        review: bool | None = None,
        skip_annotated: bool | None = None,
        max_credits: int | None = None,
        destination: AnnotationDestination | None = None,
        wait: bool = True,
        poll_interval: float = 5.0,
        timeout: float = 1800.0,
    ) -> BatchJob:
        """Find what is like a box of one image on every image, in a job that saves as it goes, and return the job.

        Args:
            image: where the box is: a name, or an id.
            box: `{x, y, w, h}`, or several of them: examples of one kind of thing.
            name: the class of what is found.
            negative_boxes: things on that image that it shall not find.
            prompt: words that narrow it down.
            image_filenames: where to look; None, and no `image_ids`: on every image of the dataset.
        Raises:
            ValidationError: the engine cannot be asked by example; the words say which can.
            As `batch`, whose other arguments it has.
        """
        body = _similar_body(
            dataset_name, image, box, name, negative_boxes, output_type, confidence_threshold
        ) | _given(
            prompt=prompt,
            image_filenames=_listed(image_filenames),
            image_ids=_listed(image_ids),
            max_detections=max_detections,
            min_area=min_area,
            annotator=annotator,
            review=review,
            skip_annotated=skip_annotated,
            max_credits=max_credits,
            destination=destination,
        )
        return self._started(("auto-annotate", "similar"), body, wait, poll_interval, timeout)

    def estimate_similar(
        self,
        dataset_name: str,
        image: str,
        box: Mapping[str, float] | Sequence[Mapping[str, float]],
        *,
        name: str,
        negative_boxes: Sequence[Mapping[str, float]] | None = None,
        output_type: BatchOutputType = "polygon",
        image_filenames: Sequence[str] | None = None,
        image_ids: Sequence[str] | None = None,
        annotator: str | None = None,
        skip_annotated: bool | None = None,
    ) -> BatchEstimate:
        """Return what `similar` would do and cost with these arguments; nothing is started, and it never costs more."""
        body = _similar_body(dataset_name, image, box, name, negative_boxes, output_type, 0.5) | _given(
            image_filenames=_listed(image_filenames),
            image_ids=_listed(image_ids),
            annotator=annotator,
            skip_annotated=skip_annotated,
        )
        return parse(BatchEstimate, self._transport.post(path_of("auto-annotate", "similar", "quote"), json=body))

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
            follow=lambda: snapshots(
                self._transport, path_of("auto-annotate", "batch", job_id), lambda answer: parse(BatchJob, answer)
            ),
        )

    def accept(
        self,
        job_id: str,
        *,
        confidence_threshold: float = 0.0,
        thresholds: Mapping[str, float] | None = None,
        image_ids: Sequence[str] | None = None,
    ) -> Acceptance:
        """Write the proposals of a batch into its dataset, and return how many there were.

        Images that a person has decided on are left as they are. Accepted again, nothing is added twice.

        Args:
            confidence_threshold: take what is at least so sure.
            thresholds: the same for single classes; `client.datasets.compare(...).thresholds` has the best ones.
            image_ids: take what was found on these images only.
        Raises:
            NotFoundError: there is no such batch.
            ValidationError: the batch wrote into its dataset itself.
        """
        body = {"confidence_threshold": confidence_threshold, "thresholds": dict(thresholds or {})}
        body |= _given(image_ids=_listed(image_ids))
        accepted, after = Acceptance(), None
        while True:
            path = path_of("auto-annotate", "batch", job_id, "accept")
            page = parse(Acceptance, self._transport.post(path, json=body | _given(after=after)))
            accepted = Acceptance(
                accepted_images=accepted.accepted_images + page.accepted_images,
                annotations_added=accepted.annotations_added + page.annotations_added,
                skipped_images=accepted.skipped_images + page.skipped_images,
            )
            if page.next is None:
                return accepted
            after = page.next

    def _started(
        self, path: Sequence[str], body: dict[str, Any], wait: bool, poll_interval: float, timeout: float
    ) -> BatchJob:
        job = parse(BatchJob, self._transport.post(path_of(*path), json=body))
        return self.wait_for_batch(job.job_id, poll_interval=poll_interval, timeout=timeout) if wait else job


def _batch_body(
    dataset_name: str,
    image_filenames: Sequence[str] | None,
    image_ids: Sequence[str] | None,
    classes: Sequence[BatchClass | dict[str, Any]],
    confidence_threshold: float,
    top_k: int,
) -> dict[str, Any]:
    parsed = [item if isinstance(item, BatchClass) else BatchClass.model_validate(item) for item in classes]
    return {
        "dataset_name": dataset_name,
        "classes": [item.model_dump(exclude_none=True) for item in parsed],
        "confidence_threshold": confidence_threshold,
        "top_k": top_k,
        **_given(image_filenames=_listed(image_filenames), image_ids=_listed(image_ids)),
    }


def _similar_body(
    dataset_name: str,
    image: str,
    box: Mapping[str, float] | Sequence[Mapping[str, float]],
    name: str,
    negative_boxes: Sequence[Mapping[str, float]] | None,
    output_type: BatchOutputType,
    confidence_threshold: float,
) -> dict[str, Any]:
    boxes = [box] if isinstance(box, Mapping) else box
    return {
        "dataset_name": dataset_name,
        "image": image,
        "boxes": [dict(each) for each in boxes],
        "negative_boxes": [dict(each) for each in negative_boxes or ()],
        "name": name,
        "output_type": output_type,
        "confidence_threshold": confidence_threshold,
    }


def _given(**values: object) -> dict[str, Any]:
    """Return the values that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def _listed(names: Sequence[str] | None) -> list[str] | None:
    return None if names is None else list(names)


def _prompt_result(document: Any) -> PromptResult:
    """Return the result with its findings in one list: the wire of a point prompt has a single `annotation`."""
    if isinstance(document, Mapping):
        answer: dict[str, Any] = {"status": "success", **document}
        if answer.get("annotations") is None:
            found = answer.get("annotation")
            answer["annotations"] = [] if found is None else [found]
        document = answer
    return parse(PromptResult, document)
