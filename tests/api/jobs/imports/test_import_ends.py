"""Imports that are killed, cancelled or lose their dataset, and the list of them."""

from pathlib import Path
from typing import Any

import pytest
from tests.api.jobs.imports.packing import Box, coco, content, packed_as_tar_gz, packed_as_zip, zip_of
from tests.api.jobs.workplace import Workplace, png

from pictograph import Client
from pictograph.exceptions import ApiError, ConflictError


@pytest.mark.parametrize("kill_at", [1, 2, 3, "end"])
def test_import__killed_in_any_transaction_happens_once(
    client: Client, importing: Workplace, kill_at: Any, tmp_path: Path
) -> None:
    boxes: dict[str, list[Box]] = {f"{number}.png": [("stop", number, 1, 2, 2)] for number in range(50)}
    files = {name: png((64, 48), name) for name in boxes} | {"instances.json": coco(boxes)}
    path = tmp_path / "fifty.zip"
    path.write_bytes(zip_of(files))
    planned = client.datasets.import_("signs", path, dry_run=True, merge="add")
    client.imports.start(planned.id, wait=False)
    assert importing.run_job("import", kill_at=kill_at).state == "queued"
    assert importing.run_job("import").state == "succeeded"
    done = client.imports.get(planned.id)
    assert done.status == "completed" and done.result is not None
    assert (done.result.images_added, done.result.annotations_added, done.result.images_present) == (50, 50, 0)
    found = content(client)
    assert found == {f"/{name}": ("complete", boxes[name]) for name in boxes}
    dataset = client.datasets.get("signs")
    assert (dataset.image_count, dataset.completed_image_count) == (50, 50)


def test_plan__killed_is_made_again(client: Client, importing: Workplace, tmp_path: Path) -> None:
    sent = client.imports.send("signs", packed_as_tar_gz(tmp_path))
    client.imports.plan(sent.id, wait=False)
    assert importing.run_job("import", kill_at=1).state == "queued"
    assert importing.run_job("import").state == "succeeded"
    assert client.imports.get(sent.id).status == "planned"


# --- stopping ---


def test_cancel__a_planned_one_never_starts(client: Client, tmp_path: Path) -> None:
    planned = client.datasets.import_("signs", packed_as_zip(tmp_path), dry_run=True)
    assert client.imports.cancel(planned.id).status == "cancelled"
    with pytest.raises(ConflictError, match="it is cancelled"):
        client.imports.start(planned.id)
    with pytest.raises(ApiError, match="it is cancelled"):
        client.imports.cancel(planned.id)


def test_cancel__what_was_imported_stays(client: Client, importing: Workplace, tmp_path: Path) -> None:
    planned = client.datasets.import_("signs", packed_as_zip(tmp_path), dry_run=True)
    client.imports.start(planned.id, wait=False)
    job = importing.claim("import")
    client.imports.cancel(planned.id)
    assert importing.run_claimed(job).state == "cancelled"
    assert client.imports.get(planned.id).status == "cancelled"
    assert client.datasets.get("signs").image_count == 0


def test_delete_dataset__ends_its_import(client: Client, importing: Workplace, tmp_path: Path) -> None:
    importing.make_dataset("signs")
    planned = client.datasets.import_("signs", packed_as_zip(tmp_path), dry_run=True)
    client.imports.start(planned.id, wait=False)
    client.projects.delete("signs")
    importing.end_cancelled()
    ended = client.imports.get(planned.id)
    assert ended.status in ("cancelled", "failed") and ended.dataset_id is None


def test_start__before_the_plan_is_409(client: Client, tmp_path: Path) -> None:
    sent = client.imports.send("signs", packed_as_zip(tmp_path))
    with pytest.raises(ConflictError, match="it is uploading"):
        client.imports.start(sent.id)


def test_list__newest_first_and_of_one_dataset(client: Client, tmp_path: Path) -> None:
    path = packed_as_zip(tmp_path)
    ids = [client.imports.send(name, path).id for name in ("one", "two", "three")]
    assert [each.id for each in client.imports.list()] == ids[::-1]
    assert [each.id for each in client.imports.list(limit=1, offset=1)] == [ids[1]]
    assert [each.id for each in client.imports.list(dataset_name="two")] == [ids[1]]


# --- there and back ---
