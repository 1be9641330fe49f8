"""`client.versions`: what a dataset held at a moment, compared, exported again, and made a dataset again."""

import builtins
from collections.abc import Callable

from pictograph._http.pagination import OffsetPager
from pictograph._http.transport import Transport, member, parse, path_of
from pictograph._http.waiting import snapshots, wait_for
from pictograph.models.export import AnyExportFormat, Export
from pictograph.models.version import Version, VersionDiff, VersionLineage, VersionRestore
from pictograph.resources.exports import Exports


class Versions:
    """Freeze datasets and use what was frozen.

    A version is named by its number, its name or its id; `latest` is the newest one that is ready. Exports make
    versions too: what a model was trained on is always there to look at.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        dataset_name: str,
        *,
        name: str | None = None,
        description: str | None = None,
        status_filter: str | None = None,
        wait: bool = True,
        poll_interval: float = 1.0,
        timeout: float = 1800.0,
    ) -> Version:
        """Freeze a dataset and return the version: ready with `wait`, else as it stands.

        The version holds the dataset as it is when the job begins, not when it is asked for; with `wait` that is over.

        Args:
            name: unique within the dataset; without one it has a number alone.
            status_filter: only images with this status; "all" or None for every image.
        Raises:
            ConflictError: the dataset has a version of this name.
            ApiError, PollTimeoutError: see `wait_until_ready`.
        """
        body = {"name": name, "description": description, "status_filter": status_filter}
        given = {key: value for key, value in body.items() if value is not None}
        version = _version(self._transport.post(_path(dataset_name), json=given))
        if not wait:
            return version
        return self.wait_until_ready(dataset_name, version.number, poll_interval=poll_interval, timeout=timeout)

    def list(self, dataset_name: str, *, limit: int = 100, offset: int = 0) -> builtins.list[Version]:
        """Return one page of a dataset's versions, newest first."""
        return self._pager(dataset_name, limit, offset=offset).page()

    def iter(self, dataset_name: str, *, page_size: int = 100, max_total: int | None = None) -> OffsetPager[Version]:
        """Return a pager over all versions of a dataset."""
        return self._pager(dataset_name, page_size, max_total=max_total)

    def get(self, dataset_name: str, version: int | str) -> Version:
        """Return a version."""
        return _version(self._transport.get(_path(dataset_name, version)))

    def wait_until_ready(
        self,
        dataset_name: str,
        version: int | str,
        *,
        poll_interval: float = 1.0,
        timeout: float = 1800.0,
        sleep: Callable[[float], None] | None = None,
        progress: Callable[[Version], None] | None = None,
    ) -> Version:
        """Return the version once it is ready. `progress` gets every snapshot.

        Raises:
            ApiError: it failed; `response` is the version as a dict.
            PollTimeoutError: it is still being frozen after `timeout` seconds.
        """
        return wait_for(
            lambda: self.get(dataset_name, version),
            what=f"Version {version} of dataset {dataset_name!r}",
            status_of=lambda found: found.status,
            done=frozenset({"ready"}),
            failed=frozenset({"failed"}),
            error_of=lambda found: found.error_message,
            poll_interval=poll_interval,
            timeout=timeout,
            sleep=sleep or self._transport.sleep,
            progress=progress,
            follow=lambda: snapshots(self._transport, _path(dataset_name, version), _version),
        )

    def update(
        self, dataset_name: str, version: int | str, *, name: str | None = None, description: str | None = None
    ) -> Version:
        """Name or describe a version. None leaves a field as it is, an empty text clears it.

        Raises:
            ValueError: nothing is given.
            ConflictError: another version has the name.
        """
        body = {"name": name, "description": description}
        given = {key: value for key, value in body.items() if value is not None}
        if not given:
            raise ValueError("nothing to update: give name or description")
        return _version(self._transport.patch(_path(dataset_name, version), json=given))

    def delete(self, dataset_name: str, version: int | str, *, force: bool = False) -> None:
        """Delete a version. What it alone holds goes with it.

        Args:
            force: also when a training run or a model learned from it.
        Raises:
            ConflictError: something learned from it, or an export is being made of it.
        """
        self._transport.delete(_path(dataset_name, version), params={"force": True} if force else None)

    def diff(
        self, dataset_name: str, version: int | str, *, since: int | str | None = None, limit: int = 100
    ) -> VersionDiff:
        """Return what changed in a version since another one, class by class and image by image.

        Args:
            since: the version to compare with; the one before it where it is left out.
            limit: so many images are listed as added, removed and changed each; the counts are whole.
        """
        params = {"since": None if since is None else str(since), "limit": limit}
        return parse(
            VersionDiff, member(self._transport.get(_path(dataset_name, version, "diff"), params=params), "diff")
        )

    def lineage(self, dataset_name: str, version: int | str) -> VersionLineage:
        """Return what was made from a version: exports, training runs, models, datasets."""
        document = self._transport.get(_path(dataset_name, version, "lineage"))
        return parse(VersionLineage, member(document, "lineage"))

    def export(
        self,
        dataset_name: str,
        version: int | str,
        name: str,
        *,
        format: AnyExportFormat = "pictograph",
        include_images: bool = False,
        class_filter: builtins.list[str] | None = None,
        wait: bool = True,
        poll_interval: float = 2.0,
        timeout: float = 300.0,
    ) -> Export:
        """Export a version, as often as you like: `client.exports.create` with its `version`."""
        return Exports(self._transport).create(
            dataset_name,
            name,
            format=format,
            include_images=include_images,
            class_filter=class_filter,
            version=version,
            wait=wait,
            poll_interval=poll_interval,
            timeout=timeout,
        )

    def restore(
        self,
        dataset_name: str,
        version: int | str,
        new_name: str,
        *,
        wait: bool = True,
        poll_interval: float = 1.0,
        timeout: float = 3600.0,
    ) -> VersionRestore:
        """Make a version a dataset of its own, with images, annotations, classes and status as they were.

        Raises:
            ConflictError: the name is taken, or the version is not ready.
            PaymentRequiredError: the images do not fit into the organisation's limits.
            ApiError, PollTimeoutError: with `wait`, see `wait_for_restore`.
        """
        document = self._transport.post(_path(dataset_name, version, "restore"), json={"dataset_name": new_name})
        started = _restore(document)
        if not wait:
            return started
        return self.wait_for_restore(dataset_name, version, started.id, poll_interval=poll_interval, timeout=timeout)

    def get_restore(self, dataset_name: str, version: int | str, restore_id: str) -> VersionRestore:
        """Return how a restore stands."""
        return _restore(self._transport.get(_path(dataset_name, version, "restores", restore_id)))

    def wait_for_restore(
        self,
        dataset_name: str,
        version: int | str,
        restore_id: str,
        *,
        poll_interval: float = 1.0,
        timeout: float = 3600.0,
        sleep: Callable[[float], None] | None = None,
        progress: Callable[[VersionRestore], None] | None = None,
    ) -> VersionRestore:
        """Return the restore once it is completed. `progress` gets every snapshot.

        Raises:
            ApiError: it failed or was cancelled; `response` is the restore as a dict.
            PollTimeoutError: it still runs after `timeout` seconds.
        """
        return wait_for(
            lambda: self.get_restore(dataset_name, version, restore_id),
            what=f"The restore of version {version} of dataset {dataset_name!r}",
            status_of=lambda found: found.status,
            done=frozenset({"completed"}),
            failed=frozenset({"failed", "cancelled"}),
            error_of=lambda found: found.error_message,
            poll_interval=poll_interval,
            timeout=timeout,
            sleep=sleep or self._transport.sleep,
            progress=progress,
            follow=lambda: snapshots(self._transport, _path(dataset_name, version, "restores", restore_id), _restore),
        )

    def _pager(
        self, dataset_name: str, page_size: int, *, offset: int = 0, max_total: int | None = None
    ) -> OffsetPager[Version]:
        return OffsetPager(
            self._transport,
            _path(dataset_name),
            items_key="versions",
            parse_item=lambda item: parse(Version, item),
            page_size=page_size,
            max_total=max_total,
            start=offset,
        )


def _path(dataset_name: str, *segments: int | str) -> str:
    return path_of("datasets", "by-name", dataset_name, "versions", *map(str, segments))


def _version(document: object) -> Version:
    return parse(Version, member(document, "version"))


def _restore(document: object) -> VersionRestore:
    return parse(VersionRestore, member(document, "restore"))
