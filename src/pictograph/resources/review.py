"""`client.review`: images that wait for a person, one after the other, and what people decide."""

import builtins
from collections.abc import Callable, Iterator, Sequence

from pictograph._http.pagination import CursorPager
from pictograph._http.transport import Transport, member, members, parse, path_of
from pictograph._http.waiting import wait_for
from pictograph.exceptions import ConflictError
from pictograph.models.model import Model
from pictograph.models.review import (
    ReviewAssigned,
    ReviewItem,
    ReviewOrder,
    ReviewProgress,
    ReviewQueue,
    ReviewScope,
    ReviewScoring,
    ReviewVerdict,
    Verdict,
    VerdictAsked,
)
from pictograph.models.version import Version


class Review:
    """Go through the images of a dataset whose status is `review`, alone or with others."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def queue(
        self,
        dataset_name: str,
        *,
        order: ReviewOrder = "least_confident",
        scope: ReviewScope = "open",
        assignee: str | None = None,
        class_name: str | None = None,
        min_confidence: float | None = None,
        max_confidence: float | None = None,
        limit: int = 20,
    ) -> builtins.list[ReviewItem]:
        """Return the front of the queue; nobody holds anything by that. The arguments are those of `next`."""
        params = {
            "order": order,
            "scope": scope,
            "assignee": assignee,
            "class_name": class_name,
            "min_confidence": min_confidence,
            "max_confidence": max_confidence,
            "limit": limit,
        }
        return parse(ReviewQueue, self._transport.get(_path(dataset_name, "queue"), params=params)).items

    def next(
        self,
        dataset_name: str,
        *,
        order: ReviewOrder = "least_confident",
        scope: ReviewScope = "open",
        assignee: str | None = None,
        class_name: str | None = None,
        min_confidence: float | None = None,
        max_confidence: float | None = None,
        exclude: Sequence[str] = (),
    ) -> ReviewItem | None:
        """Return the next image, which is the caller's for ten minutes, or None when nothing is left for them.

        What they held before is let go: an image without a verdict comes again, for them or for somebody else.

        Args:
            order: `disagreement` needs a measure of it (`measure_disagreement`).
            scope: `open` is what is the caller's or nobody's; `mine` only what is assigned to them; `all` everybody's.
            assignee: only what is assigned to this person: a user id, an e-mail address, or "me".
            class_name: only images with an annotation of this class.
            min_confidence, max_confidence: of the image's least confident annotation.
            exclude: ids of images to pass over.
        """
        body = {
            "order": order,
            "scope": scope,
            "assignee": assignee,
            "class_name": class_name,
            "min_confidence": min_confidence,
            "max_confidence": max_confidence,
            "exclude": list(exclude),
            "hold": 1,
            "limit": 1,
        }
        queue = parse(ReviewQueue, self._transport.post(_path(dataset_name, "next"), json=body))
        return queue.items[0] if queue.held else None

    def hold(self, dataset_name: str, image_id: str, *, minutes: int = 10) -> ReviewItem:
        """Keep an image for longer and return it.

        Raises:
            ConflictError: somebody else has it.
            NotFoundError: there is no such image in review.
        """
        body = {"image_id": image_id, "minutes": minutes}
        return parse(ReviewItem, member(self._transport.post(_path(dataset_name, "hold"), json=body), "item"))

    def release(self, dataset_name: str, image_ids: Sequence[str] | None = None) -> None:
        """Let others have what the caller holds: these images, or all."""
        body = {} if image_ids is None else {"image_ids": list(image_ids)}
        self._transport.post(_path(dataset_name, "release"), json=body)

    def accept(self, dataset_name: str, image: ReviewItem, *, note: str | None = None) -> ReviewVerdict:
        """Make an image complete. After an edit of the same person it is recorded as `fixed`.

        Raises:
            ConflictError: the annotations changed since the item was read, somebody else has the image, or somebody
                has decided about it.
        """
        return self._decide(dataset_name, image.image.id, "accept", image.image.annotation_version, note)

    def reject(self, dataset_name: str, image: ReviewItem, *, note: str | None = None) -> ReviewVerdict:
        """Give an image back to those who annotate, with a note. Raises as `accept` does."""
        return self._decide(dataset_name, image.image.id, "reject", image.image.annotation_version, note)

    def undo(self, dataset_name: str, verdict: ReviewVerdict | str) -> ReviewVerdict:
        """Put an image back into the review; edits stay, and its history has what was before.

        Raises:
            ConflictError: the image was changed since, or the verdict was taken back already.
            ForbiddenError: it is somebody else's verdict, and the caller is no admin.
        """
        verdict_id = verdict if isinstance(verdict, str) else verdict.id
        answer = self._transport.post(_path(dataset_name, "verdicts", verdict_id, "undo"))
        return parse(ReviewVerdict, member(answer, "verdict"))

    def verdicts(
        self,
        dataset_name: str,
        *,
        reviewer_id: str | None = None,
        verdict: Verdict | None = None,
        image_id: str | None = None,
        page_size: int = 100,
        max_total: int | None = None,
    ) -> CursorPager[ReviewVerdict]:
        """Return a pager over verdicts, newest first; those that were taken back have `undone_at`."""
        return CursorPager(
            self._transport,
            _path(dataset_name, "verdicts"),
            items_key="verdicts",
            parse_item=lambda item: parse(ReviewVerdict, item),
            page_size=page_size,
            max_total=max_total,
            params={"reviewer_id": reviewer_id, "verdict": verdict, "image_id": image_id},
        )

    def progress(self, dataset_name: str) -> ReviewProgress:
        """Return how far the review is, and each person in it."""
        return parse(ReviewProgress, self._transport.get(_path(dataset_name, "progress")))

    def assign(self, dataset_name: str, image_ids: Sequence[str], assignee: str) -> ReviewAssigned:
        """Give images to a person (a user id, an e-mail address, or "me"), whoever had them."""
        answer: ReviewAssigned | None = None
        assigned: dict[str, int] = {}
        for some in _in_turn(image_ids):
            body = {"image_ids": some, "assignee": assignee}
            answer = parse(ReviewAssigned, self._transport.post(_path(dataset_name, "assign"), json=body))
            for person, count in answer.assigned.items():
                assigned[person] = assigned.get(person, 0) + count
        if answer is None:
            raise ValueError("image_ids is empty")
        return answer.model_copy(update={"assigned": assigned})

    def share(
        self,
        dataset_name: str,
        people: Sequence[str],
        *,
        limit: int | None = None,
        order: ReviewOrder = "least_confident",
        class_name: str | None = None,
        min_confidence: float | None = None,
        max_confidence: float | None = None,
    ) -> ReviewAssigned:
        """Deal out images in review that are nobody's, one each in turn, and return how many each person got.

        Args:
            limit: so many of the first ones; all when None.
        """
        body = {
            "people": list(people),
            "order": order,
            "class_name": class_name,
            "min_confidence": min_confidence,
            "max_confidence": max_confidence,
        }
        left, assigned = limit, dict[str, int]()
        while True:
            some = _MOST_SHARED if left is None else min(left, _MOST_SHARED)
            given = {**body, "limit": some}
            answer = parse(ReviewAssigned, self._transport.post(_path(dataset_name, "share"), json=given))
            dealt = sum(answer.assigned.values())
            for person, count in answer.assigned.items():
                assigned[person] = assigned.get(person, 0) + count
            left = None if left is None else left - dealt
            if dealt < some or left == 0:
                return answer.model_copy(update={"assigned": assigned})

    def unassign(
        self, dataset_name: str, *, image_ids: Sequence[str] | None = None, assignee: str | None = None
    ) -> int:
        """Make images nobody's: these, those of a person, or all; return how many."""
        total = 0
        if image_ids is None:
            body = {} if assignee is None else {"assignee": assignee}
            has_more = True
            while has_more:
                answer = self._transport.post(_path(dataset_name, "unassign"), json=body)
                total += int(member(answer, "count"))
                has_more = bool(member(answer, "has_more"))
            return total
        for some in _in_turn(image_ids):
            given = {"image_ids": some} | ({} if assignee is None else {"assignee": assignee})
            total += int(member(self._transport.post(_path(dataset_name, "unassign"), json=given), "count"))
        return total

    def measure_disagreement(
        self,
        dataset_name: str,
        *,
        model: str | Model | None = None,
        source: str | None = None,
        version: int | str | Version | None = None,
        confidence: float | None = None,
        status_filter: str = "review",
        wait: bool = True,
        poll_interval: float = 2.0,
        timeout: float = 3600.0,
        progress: Callable[[ReviewScoring], None] | None = None,
    ) -> ReviewScoring:
        """Measure how far the annotations of each image are from what a model, another source, or a version says.

        The queue can then be gone through in the order of `disagreement`. A new measure takes the place of the last.

        Args:
            model: a model or its id, which is asked about every image.
            source: what has been said already: `people`, `machine`, an engine, `batch:<job id>`, `dataset:<name>`.
            version: a version of the dataset: its number, its name, its id, or "latest". The most changed comes first.
            confidence: least confidence of the model's answers; its suggestion when None.
        Raises:
            ConflictError: a measure is running, or the model is not ready.
            ApiError: it failed or was cancelled.
            PollTimeoutError: it is still running after `timeout` seconds.
        """
        if version is not None:
            if source is not None:
                raise ValueError("disagreement is measured against a source or a version, not both")
            source = f"version:{version.number if isinstance(version, Version) else version}"
        body = {
            "model_id": model.id if isinstance(model, Model) else model,
            "source": source,
            "confidence": confidence,
            "status_filter": status_filter,
        }
        answer = self._transport.post(_path(dataset_name, "disagreement"), json=body)
        scoring = parse(ReviewScoring, member(answer, "scoring"))
        if not wait:
            return scoring
        return wait_for(
            lambda: self._measure(dataset_name, scoring.id),
            what=f"Disagreement with {scoring.against}",
            status_of=lambda each: each.status,
            done=frozenset({"completed"}),
            failed=frozenset({"failed", "cancelled"}),
            error_of=lambda each: each.error_message,
            poll_interval=poll_interval,
            timeout=timeout,
            sleep=self._transport.sleep,
            progress=progress,
        )

    def measures(self, dataset_name: str, *, limit: int = 10) -> builtins.list[ReviewScoring]:
        """Return the newest measures of disagreement; the queue goes by the first one."""
        answer = self._transport.get(_path(dataset_name, "disagreement"), params={"limit": limit})
        return [parse(ReviewScoring, each) for each in members(answer, "scorings")]

    def each(
        self, dataset_name: str, *, order: ReviewOrder = "least_confident", **which: object
    ) -> Iterator[ReviewItem]:
        """Yield one image after the other until nothing is left; give a verdict on each before the next.

        An image without a verdict is passed over for the rest of this round. `which` is what `next` takes.
        """
        passed: builtins.list[str] = []
        while (item := self.next(dataset_name, order=order, exclude=passed[-500:], **which)) is not None:  # pyright: ignore[reportArgumentType]
            passed.append(item.image.id)
            yield item
        self.release(dataset_name)

    def _measure(self, dataset_name: str, scoring_id: str) -> ReviewScoring:
        found = next((each for each in self.measures(dataset_name, limit=100) if each.id == scoring_id), None)
        if found is None:
            raise ConflictError(f"The measure {scoring_id} is gone", status_code=409, fix="Start it again.")
        return found

    def _decide(
        self, dataset_name: str, image_id: str, verdict: VerdictAsked, version: int, note: str | None
    ) -> ReviewVerdict:
        body = {"image_id": image_id, "verdict": verdict, "expected_version": version, "note": note}
        answer = self._transport.post(_path(dataset_name, "verdicts"), json=body)
        return parse(ReviewVerdict, member(answer, "verdict"))


# What the server takes at once.
_MOST_SHARED = 5_000
_MOST_ASSIGNED = 10_000


def _in_turn(image_ids: Sequence[str]) -> Iterator[builtins.list[str]]:
    for start in range(0, len(image_ids), _MOST_ASSIGNED):
        yield list(image_ids[start : start + _MOST_ASSIGNED])


def _path(dataset_name: str, *rest: str) -> str:
    return path_of("datasets", "by-name", dataset_name, "review", *rest)
