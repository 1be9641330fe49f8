"""`client.exports`: datasets written to ZIP files in the field's formats."""

import builtins
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pictograph._http.pagination import OffsetPager
from pictograph._http.transport import CHUNK_BYTES, DEVELOPER, Transport, member, members, parse, path_of
from pictograph._http.waiting import snapshots, wait_for
from pictograph.models.export import AnyExportFormat, Export, ExportFormatInfo

_LIST = f"{DEVELOPER}/exports/"


class Exports:
    """Make, follow, download and remove exports. An export is addressed by dataset name and its own name."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        dataset_name: str,
        name: str,
        *,
        format: AnyExportFormat = "pictograph",
        include_images: bool = False,
        class_filter: builtins.list[str] | None = None,
        status_filter: str | None = None,
        version: int | str | None = None,
        wait: bool = True,
        poll_interval: float = 2.0,
        timeout: float = 300.0,
    ) -> Export:
        """Start an export and return it: completed with `wait`, else as it stands.

        Args:
            class_filter: only annotations of these classes.
            status_filter: only images with this status; "all" or None for every image.
            version: number, name or id of a version of the dataset, or "latest"; None freezes the dataset as it is.
        Raises:
            ConflictError: the dataset has an export of this name.
            ApiError, PollTimeoutError: see `wait_for_completion`.
        """
        body: dict[str, Any] = {
            "dataset_name": dataset_name,
            "name": name,
            "format": format,
            "include_images": include_images,
        }
        if class_filter is not None:
            body["class_filter"] = class_filter
        if status_filter is not None:
            body["status_filter"] = status_filter
        if version is not None:
            body["version"] = str(version)
        export = _export(self._transport.post(_LIST, json=body))
        if not wait:
            return export
        return self.wait_for_completion(dataset_name, name, poll_interval=poll_interval, timeout=timeout)

    def list(
        self, *, dataset_name: str | None = None, status: str | None = None, limit: int = 100, offset: int = 0
    ) -> builtins.list[Export]:
        """Return one page of exports, newest first."""
        return self._pager(dataset_name, status, limit, offset=offset).page()

    def iter(
        self,
        *,
        dataset_name: str | None = None,
        status: str | None = None,
        page_size: int = 100,
        max_total: int | None = None,
    ) -> OffsetPager[Export]:
        """Return a pager over all exports."""
        return self._pager(dataset_name, status, page_size, max_total=max_total)

    def formats(self) -> builtins.list[ExportFormatInfo]:
        """Return the formats there are, with what each can hold and what it leaves out."""
        found = members(self._transport.get(path_of("exports", "formats")), "formats")
        return [parse(ExportFormatInfo, item) for item in found]

    def get(self, dataset_name: str, export_name: str) -> Export:
        """Return an export."""
        return _export(self._transport.get(path_of("exports", dataset_name, export_name)))

    def wait_for_completion(
        self,
        dataset_name: str,
        export_name: str,
        *,
        poll_interval: float = 2.0,
        timeout: float = 300.0,
        sleep: Callable[[float], None] | None = None,
        progress: Callable[[Export], None] | None = None,
    ) -> Export:
        """Return the export once it is completed. `progress` gets every snapshot.

        Raises:
            ApiError: the export failed; `response` is the export as a dict.
            PollTimeoutError: it is still being written after `timeout` seconds.
        """
        return wait_for(
            lambda: self.get(dataset_name, export_name),
            what=f"Export {export_name!r} of dataset {dataset_name!r}",
            status_of=lambda export: export.status,
            done=frozenset({"completed"}),
            failed=frozenset({"failed"}),
            error_of=lambda export: export.error_message,
            poll_interval=poll_interval,
            timeout=timeout,
            sleep=sleep or self._transport.sleep,
            progress=progress,
            follow=lambda: snapshots(self._transport, path_of("exports", dataset_name, export_name), _export),
        )

    def download(
        self,
        dataset_name: str,
        export_name: str,
        output_path: str | Path,
        *,
        chunk_size: int = CHUNK_BYTES,
        progress: Callable[[int, int], None] | None = None,
    ) -> Path:
        """Write the export's ZIP to `output_path` and return that path. `progress` gets (received, total) bytes.

        Raises:
            ApiError: the export is not completed.
        """
        del chunk_size  # A name of the hosted client; the network decides the pieces here.
        document = self._transport.get(path_of("exports", dataset_name, export_name, "download"))
        return self._transport.fetch_signed(member(document, "download_url"), output_path, progress=progress)

    def delete(self, dataset_name: str, export_name: str) -> None:
        """Remove an export and its file."""
        self._transport.delete(path_of("exports", dataset_name, export_name))

    def _pager(
        self,
        dataset_name: str | None,
        status: str | None,
        page_size: int,
        *,
        offset: int = 0,
        max_total: int | None = None,
    ) -> OffsetPager[Export]:
        return OffsetPager(
            self._transport,
            _LIST,
            items_key="exports",
            parse_item=lambda item: parse(Export, item),
            page_size=page_size,
            max_total=max_total,
            start=offset,
            params={"dataset_name": dataset_name, "status": status},
        )


def _export(document: object) -> Export:
    return parse(Export, member(document, "export"))
