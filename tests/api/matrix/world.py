"""Two organisations with one of everything each, as the matrix needs them; and a way back to how they were."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from fastapi.testclient import TestClient
from sqlalchemy import Connection, Table, insert, select
from tests.api.jobs.quick_training import BOX
from tests.api.jobs.workplace import D, Workplace
from tests.conftest import make_api_key, make_organization
from tests.factories import jpeg

from pictograph_server.actor import ROLES, Role
from pictograph_server.app import create_app
from pictograph_server.platform import Platform
from pictograph_server.services.auto_annotation.prompts import PromptNotAnswered
from pictograph_server.services.models import service as models
from pictograph_server.services.models.service import NewModel
from pictograph_server.services.organizations import service as organizations
from pictograph_server.services.tasks import all_tasks
from pictograph_server.storage.db import tables
from pictograph_server.storage.db.types import new_id, now

DATABASE = "pictograph.sqlite"


@dataclass
class Side:
    """An organisation: what its things are called in the rows of the matrix, and a key for each role."""

    organization_id: str
    ids: dict[str, str] = field(default_factory=dict[str, str])
    keys: dict[Role, str] = field(default_factory=dict[Role, str])


class World:
    """`ours` and `theirs` on one server. What a request changed is undone by `restore`."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        self.platform = platform
        self.app = create_app(platform, prompts=_Silent(), is_stopping=lambda: True)
        self.client = TestClient(self.app, raise_server_exceptions=False, follow_redirects=False)
        self._folder = folder
        self.ours, self.theirs = self._make_side("ours"), self._make_side("theirs")
        self._kept = folder / "kept"
        platform.db.close()
        shutil.copytree(platform.settings.data_dir, self._kept)

    def restore(self) -> None:
        """Put the database and the blobs back as they were."""
        self.platform.db.close()
        data = self.platform.settings.data_dir
        for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm"):
            (data / name).unlink(missing_ok=True)
        shutil.copytree(self._kept, data, dirs_exist_ok=True)

    def _make_side(self, name: str) -> Side:
        side = Side(make_organization(self.platform, name))
        side.keys = {role: make_api_key(self.platform, side.organization_id, role=role) for role in ROLES}
        headers = {"X-API-Key": side.keys["owner"]}
        client = TestClient(self.app, headers=headers, raise_server_exceptions=False, follow_redirects=False)
        work = Workplace(self.platform, side.organization_id, client, self._folder)
        work.tasks = all_tasks(self.platform)
        side.ids = {"organization_id": side.organization_id, **_fill(work, name)}
        with self.platform.db.write() as conn:
            side.ids |= _rows_of_jobs(conn, side)
            side.ids |= _people(conn, side)
        return side


def _fill(work: Workplace, side: str) -> dict[str, str]:
    """Make what a client can make, as a client does."""
    name, filename, other = f"signs-{side}", f"{side}.png", f"other-{side}"
    dataset_id = work.make_dataset(name, [("stop", "bbox"), ("yield", "bbox")])
    image_id = work.add_image(dataset_id, filename, folder="/a")
    work.save(image_id, [BOX], "complete")
    # So that a restore has something to go back to, and the trash something in it.
    work.save(image_id, [BOX, BOX | {"id": "second"}])
    second_id = work.add_image(dataset_id, f"second-{side}.png")
    work.save(second_id, [BOX], "complete")
    review_id = work.add_image(dataset_id, f"review-{side}.png")
    work.save(review_id, [BOX], "review")
    trashed_id = work.add_image(dataset_id, f"trashed-{side}.png")
    work.client.delete(f"{D}/images/{trashed_id}")
    other_id = work.make_dataset(other)
    work.run_lane("ingest")
    work.post("/exports/", {"dataset_name": name, "name": f"v-{side}", "include_images": True})
    version = work.post(f"/datasets/by-name/{name}/versions", {"name": f"frozen-{side}"}).json()["version"]
    for lane in ("ingest", "export"):
        work.run_lane(lane)
    batch = work.post(
        "/auto-annotate/batch",
        {"dataset_name": name, "image_ids": [image_id], "classes": [{"name": "stop"}], "destination": "proposals"},
    ).json()
    announced = {"dataset_name": name, "filename": "a.zip", "size_bytes": 9, "fingerprint": "f"}
    upload = work.post("/imports/", announced).json()["dataset_import"]
    wanted = {"dataset_name": name, "pipeline": "yolox", "classes": [{"name": "stop"}]}
    pipeline, program_pipeline = (
        work.post("/pipelines/", {**wanted, "driver": driver}).json()["pipeline_run"]["id"]
        for driver in ("server", "client")
    )
    invite = work.post("/organizations/invites", {"email": f"{side}@example.org"}).json()["invite"]
    key = work.client.post(
        "/api/v1/api-keys/", json={"organization_id": work.organization_id, "name": f"key-{side}"}
    ).json()
    ticket = work.post("/images/upload-url", {"dataset_id": other_id, "filename": "uploaded.png"}).json()
    work.client.put(ticket["upload_url"], content=jpeg(seed=9))
    return {
        "dataset_id": dataset_id,
        "dataset_name": name,
        "other_dataset_name": other,
        "other_dataset_id": other_id,
        "image_id": image_id,
        "second_id": second_id,
        "review_id": review_id,
        "trashed_id": trashed_id,
        "filename": filename,
        "export_name": f"v-{side}",
        "version": f"frozen-{side}",
        "version_id": version["id"],
        "batch_id": batch["job_id"],
        "import_id": upload["id"],
        "pipeline_id": pipeline,
        "program_pipeline_id": program_pipeline,
        "invite_id": invite["id"],
        "key_id": key["key_id"],
        "upload_path": ticket["gcs_path"],
        "model_id": _model(work, dataset_id, f"model-{side}"),
    }


def _model(work: Workplace, dataset_id: str, name: str) -> str:
    key = f"models/{name}.onnx"
    work.platform.blobs.put(key, b"a model")
    new = NewModel(
        organization_id=work.organization_id,
        dataset_id=dataset_id,
        training_run_id=new_id(),
        name=name,
        model_type="object_detection",
        architecture="yolox-nano",
        class_names=["stop"],
        metrics={},
        card={},
        files={"model.onnx": key},
    )
    with work.platform.db.write() as conn:
        return models.create(conn, new)


def _rows_of_jobs(conn: Connection, side: Side) -> dict[str, str]:
    """Write the rows of work that would take long, or a network, to be there."""
    common = {"organization_id": side.organization_id, "dataset_id": side.ids["dataset_id"]}
    run_id = put(conn, tables.training_runs, **common, name="run", pipeline_type="yolox", status="queued")
    evaluation_id = put(
        conn, tables.model_evaluations, **common, model_id=side.ids["model_id"], status="pending", status_filter="all"
    )
    for job_id, task in ((run_id, "train"), (evaluation_id, "evaluate")):
        put(conn, tables.jobs, id=job_id, organization_id=side.organization_id, task=task, lane="train", state="queued")
    put(conn, tables.training_splits, run_id=run_id)
    extraction_id = put(conn, tables.video_extractions, **common, status="processing", folder_path="/frames")
    facts = {"duration_seconds": 1.0, "native_fps": 5.0, "width": 4, "height": 4, "frame_count": 5}
    video = {"received_at": now(), "size_bytes": 9, "facts": facts, "expires_at": now() + timedelta(hours=1)}
    video_id = put(conn, tables.videos, organization_id=side.organization_id, filename="a.mp4", **video)
    bulk_id = put(conn, tables.bulk_changes, **common, status="pending")
    connector_id = put(
        conn, tables.connector_imports, organization_id=side.organization_id, provider="v7", status="processing"
    )
    class_change_id = put(conn, tables.class_changes, **common, kind="rename", status="completed", class_names=["a"])
    version_id = side.ids["version_id"]
    restore_id = put(conn, tables.version_restores, **common, version_id=version_id, status="pending")
    # Taken back already: only its reviewer may take one back.
    verdict_id = put(
        conn, tables.review_verdicts, **common, image_id=side.ids["second_id"], verdict="accepted", undone_at=now()
    )
    return {
        "verdict_id": verdict_id,
        "run_id": run_id,
        "evaluation_id": evaluation_id,
        "extraction_id": extraction_id,
        "video_path": f"videos/{video_id}",
        "bulk_change_id": bulk_id,
        "connector_import_id": connector_id,
        "restore_id": restore_id,
        "class_change_id": class_change_id,
    }


def _people(conn: Connection, side: Side) -> dict[str, str]:
    user_id = put(conn, tables.users, email=f"ana-{side.ids['filename']}@example.org", full_name="Ana")
    member_id = put(
        conn, tables.members, organization_id=side.organization_id, user_id=user_id, role="member", joined_at=now()
    )
    return {"user_id": user_id, "member_id": member_id}


def put(conn: Connection, table: Table, **values: object) -> str:
    """Insert a row; columns that must not be null and are not given get something of their type. Returns its id."""
    filler: Mapping[str, object] = {
        "String": "x", "Text": "x", "Integer": 0, "BigInteger": 0, "Float": 0.0, "Boolean": False, "Json": {},
        "UtcDateTime": now(),
    }  # fmt: skip
    row = dict(values)
    for column in table.columns:
        if column.name not in row and not column.nullable and column.server_default is None:
            row[column.name] = new_id() if column.name == "id" else filler[type(column.type).__name__]
    conn.execute(insert(table).values(row))
    return str(row.get("id", ""))


def unusable_keys(world: World) -> dict[str, str]:
    """Return keys of `ours` that must open nothing, by what is wrong with them."""
    revoked = make_api_key(world.platform, world.ours.organization_id)
    expired = make_api_key(world.platform, world.ours.organization_id, expires_at=now())
    with world.platform.db.write() as conn:
        known = organizations.find_key(conn, revoked)
        assert known is not None
        conn.execute(tables.api_keys.update().where(tables.api_keys.c.id == known.actor.id).values(is_active=False))
        assert conn.execute(select(tables.api_keys.c.is_active)).scalars().all().count(False) == 1
    return {"no": "", "unknown": "pk_live_" + "x" * 32, "revoked": revoked, "expired": expired, "no ascii": "ü"}


class _Silent:
    """Stands for the annotator process: every question is refused in words."""

    def __getattr__(self, _name: str) -> object:
        def refuse(*_arguments: object, **_options: object) -> object:
            raise PromptNotAnswered("It was not asked", why="this is a test")

        return refuse
