"""Models in the registry as a training leaves them there, made of the small networks of tests/networks.py."""

from pathlib import Path

from sqlalchemy import update

from pictograph.inference import load_model
from pictograph_server.platform import Platform
from pictograph_server.services.models import service as models
from pictograph_server.services.models.service import NewModel
from pictograph_server.storage.db.tables import models as model_table
from pictograph_server.storage.db.types import new_id


def store_model(
    platform: Platform, organization_id: str, model_file: Path, *, dataset_id: str | None = None, name: str = "signs-1"
) -> str:
    """Keep a model file as a ready model and return its id."""
    spec = load_model(model_file, device="cpu").spec
    folder = model_file.parent
    (folder / "card.json").write_text('{"made": "by hand"}')
    (folder / "model.safetensors").write_bytes(b"weights")
    run_id = new_id()
    keys = models.file_keys(run_id, folder)
    models.store_files(platform.blobs, folder, keys)
    new = NewModel(
        organization_id=organization_id,
        dataset_id=dataset_id or "",
        training_run_id=run_id,
        name=name,
        model_type=spec.task,
        architecture=spec.architecture,
        class_names=spec.class_names,
        metrics={},
        card={},
        files=keys,
    )
    with platform.db.write() as conn:
        return models.create(conn, new)


def set_model_status(platform: Platform, model_id: str, status: str) -> None:
    with platform.db.write() as conn:
        conn.execute(update(model_table).where(model_table.c.id == model_id).values(status=status))
