"""`client.imports`: folders and archives on their way into datasets. `client.datasets.import_` does all of it."""

import builtins
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from pictograph._http.transport import DEVELOPER, Transport, member, members, parse, path_of
from pictograph._http.waiting import snapshots, wait_for
from pictograph._internal.packing import PackedFiles, pack
from pictograph.models.dataset_import import DatasetImport, DatasetImportState, MergeRule
from pictograph.models.image import ImageStatus

_LIST = f"{DEVELOPER}/imports/"
# A part of 16 MiB over a slow line.
_PART_TIMEOUT_S = 600.0

# (completed, total, stage): bytes while `upload`, percent while `plan` and `import`.
ImportProgress = Callable[[int, int, str], None]


class Imports:
    """Send files in parts, have them planned, start and follow imports."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self, *, dataset_name: str | None = None, limit: int = 100, offset: int = 0
    ) -> builtins.list[DatasetImport]:
        """Return one page of imports, newest first."""
        params = {"dataset_name": dataset_name, "limit": limit, "offset": offset or None}
        return [parse(DatasetImport, item) for item in members(self._transport.get(_LIST, params=params), "imports")]

    def get(self, import_id: str) -> DatasetImport:
        """Return an import and how it stands."""
        return _import(self._transport.get(path_of("imports", import_id)))

    def send(
        self,
        dataset_name: str,
        path: str | Path,
        *,
        merge: MergeRule = "keep",
        format: str | None = None,
        labels_only: bool = False,
        folder_path: str = "/",
        image_status: ImageStatus | None = None,
        create_if_missing: bool = True,
        part_bytes: int | None = None,
        max_workers: int = 4,
        progress: ImportProgress | None = None,
    ) -> DatasetImport:
        """Send a folder or archive to the server and return the import that waits there to be planned.

        Run again with the same files, it goes on where it was cut short: parts that have arrived are not sent again.
        For the arguments see `client.datasets.import_`.

        Args:
            part_bytes: bytes of a part; 16 MiB by default.
        """
        files = pack(Path(path).expanduser(), labels_only=labels_only)
        body: dict[str, Any] = {
            "dataset_name": dataset_name,
            "filename": files.filename,
            "size_bytes": files.size_bytes,
            "fingerprint": files.fingerprint,
            "merge": merge,
            "labels_only": labels_only,
            "folder_path": folder_path,
            "create_if_missing": create_if_missing,
        }
        given = {"format": format, "image_status": image_status, "part_bytes": part_bytes}
        body |= {name: value for name, value in given.items() if value is not None}
        announced = _import(self._transport.post(_LIST, json=body))
        if announced.status == "uploading":
            self._send_parts(announced, files, max_workers, progress)
        return announced

    def plan(
        self,
        import_id: str,
        *,
        wait: bool = True,
        poll_interval: float = 2.0,
        timeout: float = 3600.0,
        progress: ImportProgress | None = None,
    ) -> DatasetImport:
        """Have the plan of an import made, whose files have all arrived, and return the import with it.

        Raises:
            ApiError: the files cannot be imported; the message says why.
        """
        planned = _import(self._transport.post(path_of("imports", import_id, "plan")))
        if not wait:
            return planned
        done = frozenset[DatasetImportState]({"planned", "importing", "completed", "cancelled"})
        return self._wait(import_id, "plan", done, poll_interval, timeout, progress)

    def start(
        self,
        import_id: str,
        *,
        wait: bool = True,
        poll_interval: float = 2.0,
        timeout: float = 86_400.0,
        progress: ImportProgress | None = None,
    ) -> DatasetImport:
        """Start a planned import and return it: completed with `wait`, else as it stands."""
        started = _import(self._transport.post(path_of("imports", import_id, "start")))
        if not wait:
            return started
        return self.wait(import_id, poll_interval=poll_interval, timeout=timeout, progress=progress)

    def wait(
        self,
        import_id: str,
        *,
        poll_interval: float = 2.0,
        timeout: float = 86_400.0,
        progress: ImportProgress | None = None,
    ) -> DatasetImport:
        """Return the import once it is completed or cancelled.

        Raises:
            ApiError: it failed; `response` is the import as a dict.
            PollTimeoutError: it is still at work after `timeout` seconds.
        """
        done = frozenset[DatasetImportState]({"completed", "cancelled"})
        return self._wait(import_id, "import", done, poll_interval, timeout, progress)

    def cancel(self, import_id: str) -> DatasetImport:
        """Stop an import; what has been imported stays."""
        return _import(self._transport.post(path_of("imports", import_id, "cancel")))

    def _wait(
        self,
        import_id: str,
        stage: str,
        done: frozenset[DatasetImportState],
        poll_interval: float,
        timeout: float,
        progress: ImportProgress | None,
    ) -> DatasetImport:
        return wait_for(
            lambda: self.get(import_id),
            what=f"Import {import_id}",
            status_of=lambda each: each.status,
            done=frozenset(done),
            failed=frozenset({"failed"}),
            error_of=lambda each: each.error_message,
            poll_interval=poll_interval,
            timeout=timeout,
            sleep=self._transport.sleep,
            progress=None if progress is None else lambda each: progress(each.progress, 100, stage),
            follow=lambda: snapshots(self._transport, path_of("imports", import_id), _import),
        )

    def _send_parts(
        self, announced: DatasetImport, files: PackedFiles, max_workers: int, progress: ImportProgress | None
    ) -> None:
        arrived = {part.number: part.sha256 for part in announced.parts}

        def send(number: int) -> int:
            data = files.read(number * announced.part_bytes, announced.part_bytes)
            digest = hashlib.sha256(data).hexdigest()
            if arrived.get(number) != digest:
                self._transport.request(
                    "PUT",
                    path_of("imports", announced.id, "parts", str(number)),
                    params={"sha256": digest},
                    content=data,
                    content_type="application/octet-stream",
                    timeout_s=max(_PART_TIMEOUT_S, self._transport.config.timeout),
                )
            return len(data)

        sent = 0
        pool = ThreadPoolExecutor(max_workers=max_workers, thread_name_prefix="pictograph-import")
        try:
            for future in as_completed([pool.submit(send, number) for number in range(announced.part_count)]):
                sent += future.result()
                if progress is not None:
                    progress(sent, files.size_bytes, "upload")
        finally:
            # After an error or Ctrl-C the parts that wait are dropped; those on their way arrive.
            pool.shutdown(wait=True, cancel_futures=True)


def _import(document: object) -> DatasetImport:
    return parse(DatasetImport, member(document, "dataset_import"))
