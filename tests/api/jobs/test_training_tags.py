"""What a classifier learns from, on its way out of the dataset: tags of images, and the folders they lie in."""

import json
import zipfile
from pathlib import Path

import pytest
from tests.api.jobs.workplace import Workplace

from pictograph_server.services.exports import tasks as export_tasks
from pictograph_server.services.training import material
from pictograph_server.storage.db.tables import images


@pytest.fixture
def pets(work: Workplace) -> Workplace:
    """Three images in two folders, one of them tagged with two classes and something that is no class."""
    work.tasks = {task.name: task for task in export_tasks.tasks(work.platform)}
    dataset = work.make_dataset("pets", [("cat", "tag"), ("dog", "tag")])
    tagged = work.add_image(dataset, "a.png", folder="/home/sofa")
    work.add_image(dataset, "b.png", folder="/home/garden")
    work.add_image(dataset, "c.png")
    tags = {"objects": ["dog", "cat"], "scenes": ["indoor"], "confidences": {"dog": 0.9, "cat": 0.8}}
    with work.platform.db.write() as conn:
        conn.execute(images.update().where(images.c.id == tagged).values(auto_tags=tags))
    return work


def exported(work: Workplace, folder: Path, **body: object) -> Path:
    request = {"dataset_name": "pets", "name": "v1", "include_images": True, **body}
    assert work.post("/exports/", request).status_code == 201
    assert work.run_job("export").state == "succeeded"
    url = work.get("/exports/pets/v1/download").json()["download_url"].removeprefix("http://testserver")
    archive = folder / "pets.zip"
    archive.write_bytes(work.client.get(url).content)
    return archive


def test_material__tags_are_class_indexes_and_folders_are_kept(pets: Workplace, tmp_path: Path):
    material.unpack(exported(pets, tmp_path), tmp_path / "material")
    data = material.load(tmp_path / "material")
    assert data.class_names == ("cat", "dog", "indoor")
    by_folder = {sample.folder: sample.tags for sample in data.samples}
    assert by_folder == {"/home/sofa": (1, 0, 2), "/home/garden": (), "/": ()}


def test_export__class_filter_leaves_out_other_tags(pets: Workplace, tmp_path: Path):
    with zipfile.ZipFile(exported(pets, tmp_path, class_filter=["dog"])) as archive:
        document = json.loads(archive.read("annotations/home/sofa/a.json"))
        classes = json.loads(archive.read("manifest.json"))["classes"]
    assert (document["image_tags"], classes) == (["dog"], ["dog"])


def test_material__export_of_an_earlier_version_has_no_tags(pets: Workplace, tmp_path: Path):
    material.unpack(exported(pets, tmp_path), tmp_path / "material")
    index = tmp_path / "material" / "samples.jsonl"
    new = ("tags", "folder")
    lines = [{key: value for key, value in json.loads(line).items() if key not in new} for line in index.open()]
    index.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert {(sample.tags, sample.folder) for sample in material.load(tmp_path / "material").samples} == {((), "/")}


@pytest.mark.parametrize(("pipeline", "status"), [("classification", 201), ("yolox", 400)])
def test_create_training__folders_are_enough_for_classification_alone(
    pets: Workplace, tmp_path: Path, pipeline: str, status: int
):
    exported(pets, tmp_path)
    run = {"dataset_name": "pets", "export_name": "v1", "pipeline_type": pipeline, "name": "a", "config": {}}
    assert pets.post("/training/", run).status_code == status
