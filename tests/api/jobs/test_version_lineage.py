"""A training run and its model say which version of the dataset they learned from, whatever becomes of the export."""

from tests.api.jobs.quick_training import BOX, export, run_of, start
from tests.api.jobs.workplace import D, Workplace

VERSIONS = "/datasets/by-name/signs/versions"


def test_training__run_and_model_know_their_version(signs: Workplace):
    frozen = signs.get(f"{VERSIONS}/1").json()["version"]
    run = start(signs)
    assert (run["dataset_version"], run["dataset_version_id"]) == (1, frozen["id"])
    signs.run_job("train")
    model_id = run_of(signs, run)["model_id"]
    signs.client.delete(f"{D}/exports/signs/v1")
    model = signs.get(f"/models/{model_id}").json()["model"]
    assert (model["dataset_version"], model["dataset_version_id"]) == (1, frozen["id"])
    lineage = signs.get(f"{VERSIONS}/1/lineage").json()["lineage"]
    assert [each["id"] for each in lineage["models"]] == [model_id]
    assert [each["name"] for each in lineage["training_runs"]] == ["run 1"]
    assert lineage["exports"] == []


def test_training__on_an_export_of_an_older_version(signs: Workplace):
    dataset = signs.get("/datasets/by-name/signs").json()["dataset"]["id"]
    signs.save(signs.add_image(dataset, "late.png"), [BOX], "complete")
    export(signs, "v2")
    export(signs, "first again", version="1")
    assert start(signs, export_name="v2")["dataset_version"] == 2
    assert start(signs, export_name="first again")["dataset_version"] == 1
