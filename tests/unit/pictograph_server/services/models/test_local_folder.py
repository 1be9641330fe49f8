"""A model's files on this machine: whole, checked, fetched once, and gone with the model."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.conftest import make_organization
from tests.networks import red_detector
from tests.stored_models import set_model_status, store_model

from pictograph_server.platform import Platform
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.models.local_folder import discard_local_folder, local_folder
from pictograph_server.services.models.repository import find
from pictograph_server.services.models.service import ModelFileMissing, ModelNotFound, ModelNotReady


@pytest.fixture
def model_id(platform: Platform, organization_id: str, tmp_path: Path) -> str:
    with platform.db.write() as conn:
        dataset = datasets.create(conn, organization_id, name="signs", classes=[])
    return store_model(platform, organization_id, red_detector(tmp_path / "trained"), dataset_id=dataset.id)


def key_of(platform: Platform, organization_id: str, model_id: str, name: str = "model.onnx") -> str:
    with platform.db.read() as conn:
        record = find(conn, organization_id, model_id)
    assert record is not None
    return record.files[name]


def test_local_folder__what_predicting_needs(
    platform: Platform, organization_id: str, model_id: str, tmp_path: Path
) -> None:
    folder = local_folder(platform, organization_id, model_id)
    assert folder == (platform.settings.data_dir / "cache" / "models" / model_id).absolute()
    assert sorted(path.name for path in folder.iterdir()) == ["card.json", "model.onnx"]
    assert (folder / "model.onnx").read_bytes() == (tmp_path / "trained" / "model.onnx").read_bytes()


def test_local_folder__fetched_once(platform: Platform, organization_id: str, model_id: str) -> None:
    folder = local_folder(platform, organization_id, model_id)
    before = folder.stat().st_ino
    platform.blobs.delete(key_of(platform, organization_id, model_id))
    assert local_folder(platform, organization_id, model_id).stat().st_ino == before


@pytest.mark.parametrize("damage", ["other bytes", "no file"])
def test_local_folder__damaged_is_fetched_again(
    platform: Platform, organization_id: str, model_id: str, damage: str
) -> None:
    file = local_folder(platform, organization_id, model_id) / "model.onnx"
    whole = file.read_bytes()
    file.unlink()
    if damage == "other bytes":
        file.write_bytes(whole[:-1] + b"!")
    assert (local_folder(platform, organization_id, model_id) / "model.onnx").read_bytes() == whole


def test_local_folder__what_a_killed_fetch_left_does_no_harm(
    platform: Platform, organization_id: str, model_id: str
) -> None:
    left = platform.settings.data_dir / "cache" / "models" / "incoming"
    left.mkdir(parents=True)
    (left / "model.onnx").write_bytes(b"half")
    assert (local_folder(platform, organization_id, model_id) / "card.json").read_text() == '{"made": "by hand"}'


def test_local_folder__many_at_once(platform: Platform, organization_id: str, model_id: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(local_folder, platform, organization_id, model_id) for _ in range(24)]
        folders = {each.result() for each in asked}
    assert len(folders) == 1
    assert len(list(folders.pop().iterdir())) == 2


def test_local_folder__lost_or_changed_in_the_store(platform: Platform, organization_id: str, model_id: str) -> None:
    key = key_of(platform, organization_id, model_id)
    platform.blobs.put(key, b"something else")
    with pytest.raises(ModelFileMissing, match="other bytes"):
        local_folder(platform, organization_id, model_id)
    platform.blobs.delete(key)
    with pytest.raises(ModelFileMissing, match="not in the store"):
        local_folder(platform, organization_id, model_id)


def test_local_folder__deleted_model_is_refused_though_it_is_here(
    platform: Platform, organization_id: str, model_id: str
) -> None:
    folder = local_folder(platform, organization_id, model_id)
    with pytest.raises(ModelNotFound):
        local_folder(platform, make_organization(platform, "Other"), model_id)
    discard_local_folder(platform, model_id)
    assert not folder.exists()
    discard_local_folder(platform, model_id)


def test_local_folder__not_ready(platform: Platform, organization_id: str, model_id: str) -> None:
    set_model_status(platform, model_id, "training")
    with pytest.raises(ModelNotReady, match="cannot label images: it is training"):
        local_folder(platform, organization_id, model_id)
