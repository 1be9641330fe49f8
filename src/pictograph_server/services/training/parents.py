"""The model that a run goes on from: looked at before anything is started, fetched when it starts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from sqlalchemy import Connection

from pictograph_server.engines.errors import BadConfig
from pictograph_server.engines.trainers.base import TrainerSpec, TrainingConfig
from pictograph_server.engines.trainers.registry import read_config
from pictograph_server.errors import Unprocessable
from pictograph_server.platform import Platform
from pictograph_server.services.models import local_folder
from pictograph_server.services.models import service as models
from pictograph_server.services.models.repository import ModelRecord
from pictograph_server.services.models.service import ModelFileMissing
from pictograph_server.services.training.repository import RunRecord

_WEIGHTS_FILE = "model.safetensors"
_PURPOSE = "be trained further"
# Of a model's plan: how it learned, not what it is.
_ITS_OWN = frozenset({"epochs", "batch_size", "learning_rate", "seed", "patience", "max_minutes"})


class ParentModelMismatch(Unprocessable):
    code = "parent_model_mismatch"

    def __init__(self, model: ModelRecord, *, why: str, fix: str) -> None:
        super().__init__(f"Training cannot go on from model {model.name!r}", why=why, fix=fix)


def check_parent(
    conn: Connection, organization_id: str, model_id: str, spec: TrainerSpec, values: Mapping[str, object]
) -> dict[str, object]:
    """Return the settings of a run that goes on from a model: those given, the others of its network as it had them.

    Raises:
        ModelNotFound, ModelFileMissing: 404, also for another organisation's model.
        ModelNotReady: 409.
        ParentModelMismatch: 422, another pipeline or another network.
    """
    model = models.ready_record(conn, organization_id, model_id, purpose=_PURPOSE)
    if _WEIGHTS_FILE not in model.files:
        raise ModelFileMissing(model.name, _WEIGHTS_FILE, why="no weights were stored with it")
    if "weights" in values:
        raise ParentModelMismatch(
            model, why="`weights` says what else to start from", fix="Leave out `weights` or `parent_model_id`"
        )
    pipeline = model.card.get("pipeline")
    if pipeline != spec.name:
        raise ParentModelMismatch(
            model,
            why=f"the pipeline {pipeline!r} made it, not {spec.name!r}",
            fix=f"Choose the pipeline {pipeline!r}, or a model that {spec.name!r} made",
        )
    inherited = _inherited(model, spec)
    given = read_config(spec, values)
    for key, value in inherited.items():
        if isinstance(value, str) and values.get(key) is not None:
            _check_same(model, spec, key, value, given)
    return {**inherited, **values}


@dataclass(frozen=True, slots=True)
class Parent:
    """The model that a run goes on from: its weights, relative to the run's folder, and what it tells apart."""

    weights: Path
    class_names: tuple[str, ...]


def fetch_parent(platform: Platform, record: RunRecord, folder: Path) -> Parent | None:
    """Put the weights of a run's parent into its folder; None when it has no parent.

    Raises:
        ModelNotFound, ModelNotReady, ModelFileMissing: the model went meanwhile.
    """
    if record.parent_model_id is None:
        return None
    with platform.db.read() as conn:
        model = models.ready_record(conn, record.organization_id, record.parent_model_id, purpose=_PURPOSE)
    # The run's words and its card name the file that it started from.
    name = Path(f"{re.sub(r'[^A-Za-z0-9._-]+', '-', model.name)[:60]}-{model.id}.safetensors")
    if not (folder / name).is_file():
        incoming = folder / "parent.part"
        incoming.unlink(missing_ok=True)
        local_folder.copy_file(platform.blobs, model, _WEIGHTS_FILE, incoming)
        incoming.rename(folder / name)
    return Parent(name, tuple(str(each) for each in (model.class_mapping or {}).values()))


def _inherited(model: ModelRecord, spec: TrainerSpec) -> dict[str, object]:
    """Return what a model's plan says of its network, as far as the pipeline takes it today."""
    training = model.card.get("training")
    plan = training.get("plan") if isinstance(training, Mapping) else None
    if not isinstance(plan, Mapping):
        return {}
    known = {
        str(key): value
        for key, value in cast("Mapping[object, object]", plan).items()
        if key in spec.config.model_fields and key not in _ITS_OWN and value is not None
    }
    return {key: value for key, value in known.items() if _is_taken(spec, key, value)}


def _is_taken(spec: TrainerSpec, key: str, value: object) -> bool:
    try:
        read_config(spec, {key: value})
    except BadConfig:
        return False
    return True


def _check_same(model: ModelRecord, spec: TrainerSpec, key: str, value: str, given: TrainingConfig) -> None:
    """Words name a network, `nano` for `yolox_nano` too; numbers such as the image's size may change."""
    wanted, has = getattr(given, key), getattr(read_config(spec, {key: value}), key)
    if wanted != has:
        raise ParentModelMismatch(
            model,
            why=f"its {key} is {has!r}, and {wanted!r} was asked for",
            fix=f"Leave out {key!r}, or train from another model",
        )
