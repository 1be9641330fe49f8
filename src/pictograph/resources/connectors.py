"""`client.connectors`: datasets of V7 and Roboflow brought here, with what people drew on them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pictograph._http.transport import Transport, member, parse, path_of
from pictograph._http.waiting import snapshots, wait_for
from pictograph.models.connector import (
    ConnectorProvider,
    ImportJob,
    LimitCheckResult,
    RemoteDataset,
    ValidationResult,
)


class Connectors:
    """Look at what a key of another service opens, and import it. The server keeps the key in memory only."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def validate(self, provider: ConnectorProvider, api_key: str) -> ValidationResult:
        """Return the workspace and the datasets that a key opens; of a bad key, why it is not `valid`."""
        body = {"provider": provider, "api_key": api_key}
        return parse(ValidationResult, self._transport.post(path_of("connectors", "validate"), json=body))

    def check_limits(self, *, total_images: int, estimated_size_bytes: int) -> LimitCheckResult:
        """Return whether so many images of so many bytes fit into the organisation."""
        body = {"total_images": total_images, "estimated_size_bytes": estimated_size_bytes}
        return parse(LimitCheckResult, self._transport.post(path_of("connectors", "check-limits"), json=body))

    def import_(
        self,
        provider: ConnectorProvider,
        api_key: str,
        datasets: Sequence[RemoteDataset | Mapping[str, Any]],
        *,
        wait: bool = True,
        poll_interval: float = 3.0,
        timeout: float = 3600.0,
        progress: Callable[[ImportJob], None] | None = None,
    ) -> ImportJob:
        """Import datasets that `validate` listed and return the import: ended with `wait`, else just begun.

        Run again, it goes on: images that are here are not fetched again.

        Args:
            datasets: with a `version`, that version (of V7: that export); without, what it is now.
            progress: gets every snapshot while it waits.
        Raises:
            ValidationError: the other service does not take the key, or cannot be reached.
            ConflictError: one of the datasets is being imported already.
            PaymentRequiredError: so many images do not fit into the organisation.
            ApiError, PollTimeoutError: see `wait_for_import`.
        """
        wanted = [parse(RemoteDataset, each).model_dump(exclude_none=True) for each in map(_document, datasets)]
        body = {"provider": provider, "api_key": api_key, "datasets": wanted}
        answer = self._transport.post(path_of("connectors", "import", "start"), json=body)
        import_id = str(member(answer, "import_id"))
        if not wait:
            return ImportJob(import_id=import_id, status="processing")
        return self.wait_for_import(import_id, poll_interval=poll_interval, timeout=timeout, progress=progress)

    def get_import(self, import_id: str) -> ImportJob:
        """Return how an import stands."""
        return parse(ImportJob, self._transport.get(path_of("connectors", "import", "status", import_id)))

    def cancel_import(self, import_id: str) -> ImportJob:
        """Stop an import and return it. The images it has brought stay.

        Raises:
            ValidationError: it has ended already.
        """
        self._transport.post(path_of("connectors", "import", "cancel", import_id))
        return self.get_import(import_id)

    def wait_for_import(
        self,
        import_id: str,
        *,
        poll_interval: float = 3.0,
        timeout: float = 3600.0,
        sleep: Callable[[float], None] | None = None,
        progress: Callable[[ImportJob], None] | None = None,
    ) -> ImportJob:
        """Return the import once it is completed or cancelled. `progress` gets every snapshot.

        Raises:
            ApiError: it failed; `response` is the import as a dict.
            PollTimeoutError: it is still running after `timeout` seconds.
        """
        return wait_for(
            lambda: self.get_import(import_id),
            what=f"Import {import_id}",
            status_of=lambda job: job.status,
            done=frozenset({"completed", "cancelled"}),
            failed=frozenset({"error"}),
            error_of=_words,
            poll_interval=poll_interval,
            timeout=timeout,
            sleep=sleep or self._transport.sleep,
            progress=progress,
            follow=lambda: snapshots(
                self._transport,
                path_of("connectors", "import", "status", import_id),
                lambda answer: parse(ImportJob, answer),
            ),
        )


def _document(dataset: RemoteDataset | Mapping[str, Any]) -> Mapping[str, Any]:
    return dataset.model_dump() if isinstance(dataset, RemoteDataset) else dataset


def _words(job: ImportJob) -> str:
    counts = f"{job.imported_images} images imported, {job.failed_images} failed"
    return f"{job.error} ({counts})" if job.error else counts
