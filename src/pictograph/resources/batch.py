"""`client.batch`: one change to many images, to what matches a filter, to a folder, or to what is in the trash."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pictograph._http.transport import Transport, members, parse, path_of
from pictograph._http.waiting import snapshots, wait_for
from pictograph.exceptions import NotFoundError
from pictograph.models.batch import BatchFailure, BatchResult, BulkChange, DuplicateHandling, MatchingChange
from pictograph.models.dataset import DatasetImage
from pictograph.models.image import ImageStatus
from pictograph.models.listing import ImageFilter

# What the server takes in one request.
_IDS_A_REQUEST = 10_000
_IDS_A_JOB = 100_000
# Ten thousand copies with their annotations take a slow machine a while.
_TIMEOUT_S = 120.0


class Batch:
    """Change many images at once. Ids are sent ten thousand at a time; each such request happens whole or not at all.

    Images that are not there, or that cannot be changed, are in `result.failed` with the reason; the others are done.
    Without any ids nothing is sent and nothing was processed.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    # --- images by their ids ---

    def move(
        self,
        dataset_name: str,
        image_ids: Sequence[str],
        *,
        target_folder_path: str = "/",
        duplicate_handling: DuplicateHandling | None = None,
    ) -> BatchResult:
        """Give images another folder, which need not exist.

        Args:
            duplicate_handling: what happens where the name is taken: "skip" (without it) leaves the image where it is,
                "rename" gives it a number, "overwrite" takes the one that is there to the trash.
        Raises:
            NotFoundError: there is no such dataset, or none of the images is in it.
        """
        body: dict[str, Any] = {"target_folder_path": target_folder_path}
        if duplicate_handling is not None:
            body["duplicate_handling"] = duplicate_handling
        return self._on_images("POST", "move", dataset_name, image_ids, body)

    def copy(
        self,
        dataset_name: str,
        image_ids: Sequence[str],
        *,
        target_folder_path: str = "/",
        duplicate_handling: DuplicateHandling = "rename",
        copy_annotations: bool = False,
    ) -> BatchResult:
        """Copy images into a folder of their dataset; `result.copies` has the new ids.

        Args:
            duplicate_handling: what happens where the name is taken: "rename" gives the copy a number, "skip" makes
                none, "overwrite" takes the image that is there to the trash.
            copy_annotations: annotations, tags and status come along; without it the copies are new.
        Raises:
            NotFoundError: there is no such dataset, or none of the images is in it.
            PaymentRequiredError: the copies do not fit into the organisation's limits.
        """
        body = {
            "target_folder_path": target_folder_path,
            "duplicate_handling": duplicate_handling,
            "copy_annotations": copy_annotations,
        }
        return self._on_images("POST", "copy", dataset_name, image_ids, body)

    def copy_to_dataset(
        self,
        dataset_name: str,
        image_ids: Sequence[str],
        target_dataset_name: str,
        *,
        target_folder_path: str | None = None,
        duplicate_handling: DuplicateHandling = "rename",
        copy_annotations: bool = False,
    ) -> BatchResult:
        """Copy images into another dataset; `result.copies` has the new ids. No bytes are sent or stored again.

        Args:
            target_folder_path: one folder for all; without it each copy goes to the folder of its original.
            duplicate_handling, copy_annotations: as in `copy`. Classes that the other dataset lacks are added to it.
        Raises:
            NotFoundError: there is no such dataset, or none of the images is in it.
            PaymentRequiredError: the copies do not fit into the organisation's limits.
        """
        body: dict[str, Any] = {
            "target_dataset_name": target_dataset_name,
            "duplicate_handling": duplicate_handling,
            "copy_annotations": copy_annotations,
        }
        if target_folder_path is not None:
            body["target_folder_path"] = target_folder_path
        return self._on_images("POST", "copy-to-dataset", dataset_name, image_ids, body)

    def delete(self, dataset_name: str, image_ids: Sequence[str], *, permanent: bool = False) -> BatchResult:
        """Take images to the trash, or delete them for good, which needs the role of an admin.

        Raises:
            NotFoundError: there is no such dataset, or none of the images is in it.
            ForbiddenError: the key's role is too low.
        """
        return self._on_images("POST", "delete", dataset_name, image_ids, {"permanent": permanent})

    def update(
        self,
        dataset_name: str,
        image_ids: Sequence[str],
        *,
        status: ImageStatus | None = None,
        display_name: str | None = None,
        is_archived: bool | None = None,
    ) -> BatchResult:
        """Set what is given on all of the images.

        Args:
            status: `complete` images are trained on, `review` ones wait for people. It counts as a person's word: no
                job changes it again.
            display_name: what people call the image; need not be unique, and "" takes it away.
            is_archived: True takes the images to the trash, False takes them out of it.
        Raises:
            ValueError: nothing is given.
            NotFoundError: there is no such dataset, or none of the images is in it.
        """
        given = {"status": status, "display_name": display_name, "is_archived": is_archived}
        updates = {name: value for name, value in given.items() if value is not None}
        if not updates:
            raise ValueError("nothing to update: give status, display_name or is_archived")
        return self._on_images("PATCH", "update", dataset_name, image_ids, {"updates": updates})

    def tag(
        self,
        dataset_name: str,
        image_ids: Sequence[str],
        *,
        add: Sequence[str] = (),
        remove: Sequence[str] = (),
    ) -> BatchResult:
        """Give images tags, and take others away. Tags that the dataset does not know become classes of it.

        Raises:
            ValueError: no tag is given.
            NotFoundError: there is no such dataset, or none of the images is in it.
        """
        if not add and not remove:
            raise ValueError("nothing to tag: give tags to add or to remove")
        return self._on_images("POST", "tag", dataset_name, image_ids, {"add": [*add], "remove": [*remove]})

    def restore(
        self, dataset_name: str, image_ids: Sequence[str], *, duplicate_handling: DuplicateHandling = "rename"
    ) -> BatchResult:
        """Take images out of the trash, back into the folders they came from.

        Args:
            duplicate_handling: what happens where the name is taken by now: "rename" gives the restored image a
                number, "skip" leaves it in the trash, "overwrite" takes the one that is there to the trash.
        Raises:
            NotFoundError: there is no such dataset, or none of the images is in it.
            PaymentRequiredError: the images do not fit into the organisation's limits any more.
        """
        body = {"duplicate_handling": duplicate_handling}
        return self._on_images("POST", "restore", dataset_name, image_ids, body)

    # --- images that match a filter ---

    def change_matching(
        self,
        dataset_name: str,
        change: MatchingChange,
        *,
        where: ImageFilter | None = None,
        except_ids: Sequence[str] = (),
        wait: bool = True,
        poll_interval: float = 2.0,
        timeout: float = 1800.0,
    ) -> BulkChange:
        """Change all images that match now: `change_matching("signs", ArchiveChange(), where={"tag": "blurred"})`.

        Of more than 2,000 a job does it, which goes on whatever becomes of the program that asked.

        Args:
            change: of `pictograph.models.batch`: `StatusChange`, `MoveChange`, `CopyChange`, `TagChange`,
                `AssignChange` (to a person for review), `ArchiveChange` (to the trash), `RestoreChange` (out of it,
                with `archived` in the filter), or `DeleteChange` (for good, as an admin).
            where: as `client.images.list` takes it; without it, every image that is not in the trash.
            except_ids: images that match and are left alone; ten thousand at most.
            wait: return when it is done; else at once, with `job_id` where a job does it.
        Raises:
            NotFoundError: there is no such dataset.
            ForbiddenError: the key's role is too low.
            ValidationError: a filter has no such field, or a change is not for what it filters.
            ApiError, PollTimeoutError: see `wait_for_change`.
        """
        given = {name: value for name, value in (where or {}).items() if value is not None}
        document = {"filter": given, "except_ids": list(except_ids), "change": change.model_dump()}
        begun = self._change(("matching",), dataset_name, document)
        return self._ended(begun, wait=wait, poll_interval=poll_interval, timeout=timeout)

    def change_images(
        self,
        dataset_name: str,
        image_ids: Sequence[str],
        change: MatchingChange,
        *,
        wait: bool = True,
        poll_interval: float = 2.0,
        timeout: float = 1800.0,
    ) -> BulkChange:
        """Change up to 100,000 images as one change: `change_images("signs", ids, AssignChange(assignee="me"))`.

        The other methods send ten thousand ids at a time, and what was not sent yet is not done if the program ends.
        Here more than 2,000 are a job's, which goes on by itself.

        Args:
            change: as in `change_matching`. Images that are not there, or in the trash, are left alone: `failed`.
            wait: return when it is done; else at once, with `job_id` where a job does it.
        Raises:
            ValueError: no ids, or too many of them.
            NotFoundError: there is no such dataset, or nobody to assign them to.
            ForbiddenError: the key's role is too low.
            ApiError, PollTimeoutError: see `wait_for_change`.
        """
        ids = list(dict.fromkeys(image_ids))
        if not 0 < len(ids) <= _IDS_A_JOB:
            raise ValueError(f"image_ids has {len(ids):,} ids; name 1 to {_IDS_A_JOB:,}, or use change_matching")
        begun = self._change(("matching",), dataset_name, {"image_ids": ids, "change": change.model_dump()})
        return self._ended(begun, wait=wait, poll_interval=poll_interval, timeout=timeout)

    # --- folders ---

    def move_folder(
        self,
        dataset_name: str,
        folder_path: str,
        target_path: str,
        *,
        duplicate_handling: DuplicateHandling = "skip",
        wait: bool = True,
        poll_interval: float = 2.0,
        timeout: float = 1800.0,
    ) -> BulkChange:
        """Move or rename a folder with all that is below it: `move_folder("signs", "/a/old", "/a/new")`.

        Where the target exists both become one. Of more than 10,000 images a job does it.

        Args:
            duplicate_handling: as in `move`; images that are skipped stay in the old folder.
            wait: return when it is done; else at once, with `job_id` where a job does it.
        Raises:
            NotFoundError: there is no such dataset or folder.
            ValidationError: the folder would be moved into itself, or the target is no path.
            ApiError, PollTimeoutError: see `wait_for_change`.
        """
        body = {"folder_path": folder_path, "target_path": target_path, "duplicate_handling": duplicate_handling}
        change = self._change(("folders", "move"), dataset_name, body)
        return self._ended(change, wait=wait, poll_interval=poll_interval, timeout=timeout)

    def delete_folder(
        self,
        dataset_name: str,
        folder_path: str,
        *,
        permanent: bool = False,
        wait: bool = True,
        poll_interval: float = 2.0,
        timeout: float = 1800.0,
    ) -> BulkChange:
        """Take all images in a folder and below it to the trash, or delete them for good (as an admin).

        Raises:
            NotFoundError: there is no such dataset or folder.
            ApiError, PollTimeoutError: see `wait_for_change`.
        """
        body = {"folder_path": folder_path, "permanent": permanent}
        change = self._change(("folders", "delete"), dataset_name, body)
        return self._ended(change, wait=wait, poll_interval=poll_interval, timeout=timeout)

    # --- the trash ---

    def trash(self, dataset_name: str, *, page_size: int = 100, max_total: int | None = None) -> Iterator[DatasetImage]:
        """Yield the images in a dataset's trash, those that were made last first."""
        if page_size <= 0:
            raise ValueError(f"page_size must be positive, not {page_size}")
        left, cursor = max_total, None
        while left is None or left > 0:
            limit = page_size if left is None else min(page_size, left)
            params = {"dataset_name": dataset_name, "limit": limit, "cursor": cursor}
            document = self._transport.get(path_of("batch", "trash"), params=params)
            found = [parse(DatasetImage, item) for item in members(document, "images")]
            yield from found
            left = None if left is None else left - len(found)
            cursor = document.get("next_cursor")
            if cursor is None:
                return

    def restore_all(
        self,
        dataset_name: str,
        *,
        duplicate_handling: DuplicateHandling = "rename",
        wait: bool = True,
        poll_interval: float = 2.0,
        timeout: float = 1800.0,
    ) -> BulkChange:
        """Take everything out of a dataset's trash; see `restore`."""
        change = self._change(("trash", "restore"), dataset_name, {"duplicate_handling": duplicate_handling})
        return self._ended(change, wait=wait, poll_interval=poll_interval, timeout=timeout)

    def empty_trash(
        self, dataset_name: str, *, wait: bool = True, poll_interval: float = 2.0, timeout: float = 1800.0
    ) -> BulkChange:
        """Delete for good what is in a dataset's trash. Needs the role of an admin."""
        change = self._change(("trash", "empty"), dataset_name, {})
        return self._ended(change, wait=wait, poll_interval=poll_interval, timeout=timeout)

    # --- changes that a job does ---

    def get_change(self, job_id: str) -> BulkChange:
        """Return how a change stands."""
        return parse(BulkChange, self._transport.get(path_of("batch", "changes", job_id)))

    def cancel_change(self, job_id: str) -> BulkChange:
        """Stop a change; what it has done stays."""
        return parse(BulkChange, self._transport.post(path_of("batch", "changes", job_id, "cancel")))

    def wait_for_change(
        self,
        job_id: str,
        *,
        poll_interval: float = 2.0,
        timeout: float = 1800.0,
        sleep: Callable[[float], None] | None = None,
        progress: Callable[[BulkChange], None] | None = None,
    ) -> BulkChange:
        """Return the change once it is completed. `progress` gets every snapshot.

        Raises:
            ApiError: it failed or was cancelled; `response` is the change as a dict.
            PollTimeoutError: it is still at work after `timeout` seconds.
        """
        return wait_for(
            lambda: self.get_change(job_id),
            what=f"Bulk change {job_id}",
            status_of=lambda change: change.status,
            done=frozenset({"completed"}),
            failed=frozenset({"failed", "cancelled"}),
            error_of=lambda change: change.error_message,
            poll_interval=poll_interval,
            timeout=timeout,
            sleep=sleep or self._transport.sleep,
            progress=progress,
            follow=lambda: snapshots(self._transport, path_of("batch", "changes", job_id), _bulk_change),
        )

    def _change(self, path: tuple[str, ...], dataset_name: str, body: dict[str, Any]) -> BulkChange:
        document = self._transport.request(
            "POST", path_of("batch", *path), json={"dataset_name": dataset_name, **body}, timeout_s=_TIMEOUT_S
        )
        return parse(BulkChange, document)

    def _ended(self, change: BulkChange, *, wait: bool, poll_interval: float, timeout: float) -> BulkChange:
        if not wait or change.job_id is None:
            return change
        return self.wait_for_change(change.job_id, poll_interval=poll_interval, timeout=timeout)

    def _on_images(
        self, method: str, action: str, dataset_name: str, image_ids: Sequence[str], body: dict[str, Any]
    ) -> BatchResult:
        """Send one request for each ten thousand ids and return what all of them did."""
        ids = list(dict.fromkeys(image_ids))
        if not ids:
            return BatchResult(success=True, processed=0)
        chunks = [ids[start : start + _IDS_A_REQUEST] for start in range(0, len(ids), _IDS_A_REQUEST)]
        results: list[BatchResult] = []
        nothing_found: NotFoundError | None = None
        for chunk in chunks:
            document = {"dataset_name": dataset_name, "image_ids": chunk, **body}
            try:
                answer = self._transport.request(
                    method, path_of("batch", "images", action), json=document, timeout_s=_TIMEOUT_S
                )
            except NotFoundError as error:
                if error.code != "image_not_found":
                    raise
                nothing_found = error
                failed = [BatchFailure(id=image_id, reason=error.message) for image_id in chunk]
                results.append(BatchResult(success=False, processed=0, failed=failed))
            else:
                results.append(parse(BatchResult, answer))
        if nothing_found is not None and not any(result.processed for result in results):
            raise nothing_found
        return results[0] if len(results) == 1 else _together(results)


def _together(results: Sequence[BatchResult]) -> BatchResult:
    return BatchResult(
        success=all(result.success for result in results),
        processed=sum(result.processed for result in results),
        failed=[failure for result in results for failure in result.failed],
        affected_folders=sorted({folder for result in results for folder in result.affected_folders}),
        renamed=[image for result in results for image in result.renamed],
        copies=[copy for result in results for copy in result.copies],
    )


def _bulk_change(document: object) -> BulkChange:
    return parse(BulkChange, document)
