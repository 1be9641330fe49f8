"""What `client.datasets` does with classes: rename, merge and delete them across all images."""

import builtins
from collections.abc import Callable, Sequence

from pictograph._http.transport import Transport, member, members, parse, path_of
from pictograph._http.waiting import snapshots, wait_for
from pictograph.models.class_change import ClassChange


class DatasetClasses:
    """Change classes of a dataset. Everybody sees the change at once; with many images a job writes it down."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def rename_class(
        self,
        name: str,
        class_name: str,
        new_name: str,
        *,
        wait: bool = True,
        poll_interval: float = 1.0,
        timeout: float = 1800.0,
    ) -> ClassChange:
        """Give a class of dataset `name` another name, on every image. Who made and edited annotations stays.

        Raises:
            NotFoundError: the dataset has no such class.
            ConflictError: it has one of the new name (merge them), or is just being labelled with the class.
            ApiError, PollTimeoutError: with `wait`, see `wait_for_class_change`.
        """
        body = {"class_name": class_name, "new_name": new_name}
        return self._change(name, "rename", body, wait=wait, poll_interval=poll_interval, timeout=timeout)

    def merge_classes(
        self,
        name: str,
        class_names: Sequence[str],
        into: str,
        *,
        wait: bool = True,
        poll_interval: float = 1.0,
        timeout: float = 1800.0,
    ) -> ClassChange:
        """Make one class of several. `into` may be one of them, another class of the dataset, or a new name.

        Raises: see `rename_class`.
        """
        body = {"class_names": [*class_names], "into": into}
        return self._change(name, "merge", body, wait=wait, poll_interval=poll_interval, timeout=timeout)

    def delete_class(
        self,
        name: str,
        class_name: str,
        *,
        wait: bool = True,
        poll_interval: float = 1.0,
        timeout: float = 1800.0,
    ) -> ClassChange:
        """Delete a class with all its annotations. The history of each image still has them.

        Raises: see `rename_class`.
        """
        body = {"class_names": [class_name]}
        return self._change(name, "delete", body, wait=wait, poll_interval=poll_interval, timeout=timeout)

    def class_changes(self, name: str, *, limit: int = 100, offset: int = 0) -> builtins.list[ClassChange]:
        """Return what became of the classes of a dataset, the newest change first."""
        document = self._transport.get(_path(name, "changes"), params={"limit": limit, "offset": offset or None})
        return [parse(ClassChange, item) for item in members(document, "class_changes")]

    def wait_for_class_change(
        self,
        name: str,
        change_id: str,
        *,
        poll_interval: float = 1.0,
        timeout: float = 1800.0,
        sleep: Callable[[float], None] | None = None,
        progress: Callable[[ClassChange], None] | None = None,
    ) -> ClassChange:
        """Return a change once it is written into every image. `progress` gets every snapshot.

        Raises:
            ApiError: it failed; `response` is the change as a dict.
            PollTimeoutError: it is still being written after `timeout` seconds.
        """
        return wait_for(
            lambda: _change(self._transport.get(_path(name, "changes", change_id))),
            what=f"The change of classes of dataset {name!r}",
            status_of=lambda found: found.status,
            done=frozenset({"completed"}),
            failed=frozenset({"failed"}),
            error_of=lambda found: found.error_message,
            poll_interval=poll_interval,
            timeout=timeout,
            sleep=sleep or self._transport.sleep,
            progress=progress,
            follow=lambda: snapshots(self._transport, _path(name, "changes", change_id), _change),
        )

    def _change(
        self, name: str, verb: str, body: object, *, wait: bool, poll_interval: float, timeout: float
    ) -> ClassChange:
        change = _change(self._transport.post(_path(name, verb), json=body))
        if not wait or change.status == "completed":
            return change
        return self.wait_for_class_change(name, change.id, poll_interval=poll_interval, timeout=timeout)


def _path(name: str, *segments: str) -> str:
    return path_of("datasets", "by-name", name, "classes", *segments)


def _change(document: object) -> ClassChange:
    return parse(ClassChange, member(document, "class_change"))
