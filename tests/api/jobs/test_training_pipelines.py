"""What there is to train, for a form or a command line to draw."""

from typing import get_args

from tests.api.jobs.workplace import Workplace

from pictograph.models.training import PipelineType


def test_pipelines__all_six_with_their_settings(work: Workplace):
    found = work.get("/training/pipelines").json()["pipelines"]
    assert [each["name"] for each in found] == list(get_args(PipelineType))
    for each in found:
        assert each["task"] and each["learns_from"]
        assert each["config_schema"]["additionalProperties"] is False
        assert {"epochs", "batch_size", "seed", "weights"} <= each["config_schema"]["properties"].keys()


def test_pipelines__no_setting_takes_a_path(work: Workplace):
    for each in work.get("/training/pipelines").json()["pipelines"]:
        weights = each["config_schema"]["properties"]["weights"]
        assert weights["enum"] == ["auto", "pretrained", "scratch"]
        assert '"path"' not in str(each["config_schema"]).replace("'", '"')


def test_pipelines__needs_a_key(work: Workplace):
    assert work.client.get("/api/v1/developer/training/pipelines", headers={"X-API-Key": "wrong"}).status_code == 401
