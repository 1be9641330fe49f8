"""`client.models`: trained models."""

import builtins
from collections.abc import Callable
from pathlib import Path

from pictograph._http.pagination import OffsetPager
from pictograph._http.transport import CHUNK_BYTES, DEVELOPER, Transport, member, parse, path_of
from pictograph.models.model import Model, ModelStatus, ModelType

_LIST = f"{DEVELOPER}/models/"


class Models:
    """Find, download and remove trained models."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        dataset_name: str | None = None,
        status: ModelStatus | None = None,
        model_type: ModelType | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> builtins.list[Model]:
        """Return one page of models, newest first."""
        return self._pager(dataset_name, status, model_type, limit, offset=offset).page()

    def iter(
        self,
        *,
        dataset_name: str | None = None,
        status: ModelStatus | None = None,
        model_type: ModelType | None = None,
        page_size: int = 50,
        max_total: int | None = None,
    ) -> OffsetPager[Model]:
        """Return a pager over all models."""
        return self._pager(dataset_name, status, model_type, page_size, max_total=max_total)

    def get(self, model_id: str) -> Model:
        """Return the model with this id."""
        return parse(Model, member(self._transport.get(path_of("models", model_id)), "model"))

    def download(
        self,
        model_id: str,
        output_path: str | Path,
        *,
        chunk_size: int = CHUNK_BYTES,
        progress: Callable[[int, int], None] | None = None,
    ) -> Path:
        """Write the model's ONNX file to `output_path` and return that path. `progress` gets (received, total) bytes.

        Raises:
            ConflictError: the model is not ready.
            NotFoundError: there is no such model, or its weights are gone.
        """
        del chunk_size  # A name of the hosted client; the network decides the pieces here.
        url = member(self._transport.get(path_of("models", model_id, "download")), "download_url")
        return self._transport.fetch_signed(url, output_path, progress=progress)

    def delete(self, model_id: str) -> None:
        """Remove a model."""
        self._transport.delete(path_of("models", model_id))

    def _pager(
        self,
        dataset_name: str | None,
        status: str | None,
        model_type: str | None,
        page_size: int,
        *,
        offset: int = 0,
        max_total: int | None = None,
    ) -> OffsetPager[Model]:
        return OffsetPager(
            self._transport,
            _LIST,
            items_key="models",
            parse_item=lambda item: parse(Model, item),
            page_size=page_size,
            max_total=max_total,
            start=offset,
            params={"dataset_name": dataset_name, "status": status, "model_type": model_type},
        )
