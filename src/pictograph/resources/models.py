"""`client.models`: trained models."""

import builtins
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload
from uuid import UUID

from pictograph._http.pagination import OffsetPager
from pictograph._http.transport import CHUNK_BYTES, DEVELOPER, Transport, member, members, parse, path_of
from pictograph._http.waiting import snapshots, wait_for
from pictograph._internal.config import model_cache
from pictograph.exceptions import ApiError, ConflictError, NotFoundError
from pictograph.models.card import ModelCard
from pictograph.models.evaluation import EvaluationRun, EvaluationSplit, ModelEvaluation
from pictograph.models.model import Model, ModelFile, ModelStatus, ModelType
from pictograph.models.prediction import Prediction
from pictograph.resources.model_cache import cached_network

if TYPE_CHECKING:
    from pictograph.inference import ClassificationModel, DetectionModel

_LIST = f"{DEVELOPER}/models/"
# Names told when the one that was asked for is not there.
_MOST_NAMES = 10


class Models:
    """Find, download, evaluate and remove trained models."""

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
        parent_model_id: str | None = None,
    ) -> builtins.list[Model]:
        """Return one page of models, newest first. `parent_model_id`: those whose training went on from this one."""
        return self._pager(
            dataset_name, status, model_type, limit, offset=offset, parent_model_id=parent_model_id
        ).page()

    def iter(
        self,
        *,
        dataset_name: str | None = None,
        status: ModelStatus | None = None,
        model_type: ModelType | None = None,
        page_size: int = 50,
        max_total: int | None = None,
        parent_model_id: str | None = None,
    ) -> OffsetPager[Model]:
        """Return a pager over all models."""
        return self._pager(
            dataset_name, status, model_type, page_size, max_total=max_total, parent_model_id=parent_model_id
        )

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
        file: str | None = None,
    ) -> Path:
        """Write the model's ONNX file to `output_path` and return that path. `progress` gets (received, total) bytes.

        Args:
            file: another of its files: `card.json`, `card.md`, `evaluation.json`, `model.safetensors`.
        Raises:
            ConflictError: the model is not ready.
            NotFoundError: there is no such model, or its weights are gone.
        """
        del chunk_size  # A name of the hosted client; the network decides the pieces here.
        answer = self._transport.get(path_of("models", model_id, "download"), params={"file": file})
        return self._transport.fetch_signed(member(answer, "download_url"), output_path, progress=progress)

    def load(
        self, name_or_id: str, *, device: str | None = None, threads: int | None = None, cache: str | Path | None = None
    ) -> "DetectionModel | ClassificationModel":
        """Return a model ready to predict on this machine, without torch; needs the extra `inference`.

        Of a name it is the newest model that is ready. It is downloaded once and kept in `~/.cache/pictograph/models`;
        by its id it is then opened without asking the server.

        Args:
            device, threads: as in `pictograph.inference.load_model`.
            cache: keep it in another folder.
        Raises:
            ConflictError: no model of that name or id is ready.
            NotFoundError: there is no such model; the message names those there are.
            ModuleNotFoundError: the extra is not installed.
        """
        # Before anything is downloaded: the extra may be missing.
        from pictograph.inference import load_model

        model_id = name_or_id if _is_id(name_or_id) else self._newest(name_or_id).id
        folder = Path(cache).expanduser() if cache is not None else model_cache()
        file = cached_network(folder, model_id, lambda path: self.download(model_id, path))
        return load_model(file, device=device, threads=threads)

    def predict(
        self,
        model: str | Model,
        image: str | Path | bytes | None = None,
        *,
        image_id: str | None = None,
        confidence: float | None = None,
        max_detections: int = 100,
    ) -> Prediction:
        """Return what a model says about one image, asked on the server; nothing is stored.

        For many images `load` the model, or label a dataset with it (`client.auto_annotate.batch`).

        Args:
            model: a model, its id, or the name of one (the newest that is ready).
            image: a file or its bytes; or name an image that is on the server by its `image_id`.
            confidence: least confidence to report; the model's suggestion when None.
        Raises:
            ConflictError: the model is not ready, or its network is still loading.
            FileNotFoundError: there is no such file.
            NotFoundError: there is no such model or image.
            ValidationError: the image cannot be read.
        """
        if (image is None) == (image_id is None):
            raise ValueError("predict() takes an image or the `image_id` of one on the server")
        model_id = model.id if isinstance(model, Model) else model if _is_id(model) else self._newest(model).id
        form = {"max_detections": str(max_detections)}
        if confidence is not None:
            form["confidence"] = str(confidence)
        file = None
        if image_id is not None:
            form["image_id"] = image_id
        else:
            file = (
                ("image", image) if isinstance(image, bytes) else (Path(str(image)).name, Path(str(image)).read_bytes())
            )
        place = path_of("models", model_id, "predict")
        return parse(Prediction, self._transport.request("POST", place, form=form, file=file))

    def card(self, model_id: str) -> ModelCard:
        """Return what is known about a model: its data, training, metrics, files, versions and licence.

        Raises:
            ConflictError: the model is not ready.
            NotFoundError: there is no such model, or it has no card.
        """
        return parse(ModelCard, member(self._transport.get(path_of("models", model_id, "card")), "card"))

    def files(self, model_id: str) -> builtins.list[ModelFile]:
        """Return the files of a model, each to be asked for by its name with `download(..., file=name)`.

        Raises:
            ConflictError: the model is not ready.
            NotFoundError: there is no such model.
        """
        return [
            parse(ModelFile, each)
            for each in members(self._transport.get(path_of("models", model_id, "files")), "files")
        ]

    def training_evaluation(self, model_id: str) -> ModelEvaluation:
        """Return how good a model was on the images that its own training held back.

        Raises:
            ConflictError: the model is not ready.
            NotFoundError: there is no such model, or its training measured nothing.
        """
        answer = self._transport.get(path_of("models", model_id, "evaluation"))
        return parse(ModelEvaluation, member(answer, "evaluation"))

    @overload
    def evaluate(
        self,
        model: str | Model,
        dataset_name: str,
        *,
        split: EvaluationSplit | None = None,
        status_filter: str = "complete",
        wait: Literal[True] = True,
        poll_interval: float = 2.0,
        timeout: float = 3600.0,
        progress: Callable[[EvaluationRun], None] | None = None,
    ) -> ModelEvaluation: ...
    @overload
    def evaluate(
        self,
        model: str | Model,
        dataset_name: str,
        *,
        split: EvaluationSplit | None = None,
        status_filter: str = "complete",
        wait: Literal[False],
    ) -> EvaluationRun: ...
    def evaluate(
        self,
        model: str | Model,
        dataset_name: str,
        *,
        split: EvaluationSplit | None = None,
        status_filter: str = "complete",
        wait: bool = True,
        poll_interval: float = 2.0,
        timeout: float = 3600.0,
        progress: Callable[[EvaluationRun], None] | None = None,
    ) -> ModelEvaluation | EvaluationRun:
        """Measure a model on the annotated images of a dataset and return every figure; without `wait`, the run.

        Classes are matched by name. It costs nothing; what was measured stays to be read with `evaluations`.

        Args:
            model: a model, its id, or the name of one (the newest that is ready).
            split: None for the images that the model has not learned from; "all" for those too; "train", "val" or
                "test" for the images that its training run had there.
            status_filter: only images with this status; "all" for every image that somebody has looked at.
            progress: is called with every snapshot of the run.
        Raises:
            NotFoundError: there is no such model or dataset.
            ConflictError: the model is not ready.
            ApiError: nothing is annotated, or the evaluation failed or was cancelled.
            PollTimeoutError: it is still running after `timeout` seconds.
        """
        body = {"dataset_name": dataset_name, "split": split, "status_filter": status_filter}
        model_id = model.id if isinstance(model, Model) else model if _is_id(model) else self._newest(model).id
        run = _evaluation(self._transport.post(path_of("models", model_id, "evaluations"), json=body))
        if not wait:
            return run
        run = wait_for(
            lambda: self.get_evaluation(model_id, run.id),
            what=f"Evaluation {run.id}",
            status_of=lambda each: each.status,
            done=frozenset({"completed"}),
            failed=frozenset({"failed", "cancelled"}),
            error_of=lambda each: each.error_message,
            poll_interval=poll_interval,
            timeout=timeout,
            sleep=self._transport.sleep,
            progress=progress,
            follow=lambda: snapshots(self._transport, path_of("models", model_id, "evaluations", run.id), _evaluation),
        )
        if run.evaluation is None:
            raise ApiError(f"Evaluation {run.id} is completed and has no figures", response=run.model_dump(mode="json"))
        return run.evaluation

    def evaluations(self, model_id: str, *, limit: int = 20, offset: int = 0) -> builtins.list[EvaluationRun]:
        """Return one page of a model's evaluations, newest first."""
        answer = self._transport.get(
            path_of("models", model_id, "evaluations"), params={"limit": limit, "offset": offset}
        )
        return [parse(EvaluationRun, each) for each in member(answer, "evaluations")]

    def get_evaluation(self, model_id: str, evaluation_id: str) -> EvaluationRun:
        """Return an evaluation of a model, with its figures once it is completed."""
        return _evaluation(self._transport.get(path_of("models", model_id, "evaluations", evaluation_id)))

    def cancel_evaluation(self, model_id: str, evaluation_id: str) -> EvaluationRun:
        """Stop an evaluation and return it.

        Raises:
            ValidationError: it has ended.
        """
        return _evaluation(self._transport.post(path_of("models", model_id, "evaluations", evaluation_id, "cancel")))

    def delete(self, model_id: str) -> None:
        """Remove a model."""
        self._transport.delete(path_of("models", model_id))

    def _newest(self, name: str) -> Model:
        """Return the newest ready model of that name."""
        others: dict[str, Model] = {}
        for model in self.iter(page_size=200):
            if name in (model.name, model.id) and model.status in ("ready", "archived"):
                return model
            others.setdefault(model.name, model)
        if name in others:
            raise ConflictError(
                f"No model {name!r} is ready: the newest is {others[name].status}",
                status_code=409,
                fix="Wait for its training run (`client.training.wait_for_completion`), then try again.",
            )
        there = ", ".join(map(repr, list(others)[:_MOST_NAMES])) or "none yet"
        more = f" and {len(others) - _MOST_NAMES} more" if len(others) > _MOST_NAMES else ""
        raise NotFoundError(
            f"There is no model {name!r}; there are {there}{more}",
            status_code=404,
            fix="Give one of these names, or an id of `client.models.list()`.",
        )

    def _pager(
        self,
        dataset_name: str | None,
        status: str | None,
        model_type: str | None,
        page_size: int,
        *,
        offset: int = 0,
        max_total: int | None = None,
        parent_model_id: str | None = None,
    ) -> OffsetPager[Model]:
        return OffsetPager(
            self._transport,
            _LIST,
            items_key="models",
            parse_item=lambda item: parse(Model, item),
            page_size=page_size,
            max_total=max_total,
            start=offset,
            params={
                "dataset_name": dataset_name,
                "status": status,
                "model_type": model_type,
                "parent_model_id": parent_model_id,
            },
        )


def _evaluation(document: object) -> EvaluationRun:
    return parse(EvaluationRun, member(document, "evaluation"))


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
