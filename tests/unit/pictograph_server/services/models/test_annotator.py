"""What a trained model can be asked for, said before anything is paid."""

from pathlib import Path

import pytest
from tests.networks import colour_classifier, red_detector
from tests.stored_models import set_model_status, store_model

from pictograph.models.auto_annotate import BatchOutputType
from pictograph.models.model import ModelType
from pictograph_server.engines.annotators.base import Capability
from pictograph_server.platform import Platform
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.models.annotator import (
    ModelLacksClass,
    OutputTypeNotPossible,
    TrainedChoice,
    output_types_of,
    trained_choice,
)
from pictograph_server.services.models.service import ModelNotFound, ModelNotReady


@pytest.fixture
def dataset_id(platform: Platform, organization_id: str) -> str:
    with platform.db.write() as conn:
        return datasets.create(conn, organization_id, name="signs", classes=[]).id


def choice(model_type: ModelType = "object_detection") -> TrainedChoice:
    return TrainedChoice("m", "signs-1", model_type, ("stop_sign", "yield"), output_types_of(model_type))


def test_trained_choice__of_a_stored_model(
    platform: Platform, organization_id: str, dataset_id: str, tmp_path: Path
) -> None:
    model_id = store_model(platform, organization_id, red_detector(tmp_path), dataset_id=dataset_id)
    with platform.db.read() as conn:
        found = trained_choice(conn, organization_id, model_id)
    assert (found.name, found.model_type, found.engine) == ("signs-1", "object_detection", f"model:{model_id}")
    assert (found.class_names, found.output_types) == (("stop_sign", "yield"), ("bbox", "tag"))
    assert found.capabilities == {Capability.TEXT}


def test_trained_choice__classifier(platform: Platform, organization_id: str, dataset_id: str, tmp_path: Path) -> None:
    model_id = store_model(platform, organization_id, colour_classifier(tmp_path), dataset_id=dataset_id)
    with platform.db.read() as conn:
        found = trained_choice(conn, organization_id, model_id)
    assert (found.output_types, found.capabilities) == (("tag",), {Capability.TAG})


def test_trained_choice__refused(platform: Platform, organization_id: str, dataset_id: str, tmp_path: Path) -> None:
    model_id = store_model(platform, organization_id, red_detector(tmp_path), dataset_id=dataset_id)
    set_model_status(platform, model_id, "failed")
    with platform.db.read() as conn:
        with pytest.raises(ModelNotReady, match="'signs-1' cannot label images: it is failed"):
            trained_choice(conn, organization_id, model_id)
        with pytest.raises(ModelNotFound):
            trained_choice(conn, "another organisation", model_id)


@pytest.mark.parametrize(
    ("model_type", "possible"),
    [
        ("object_detection", {"bbox", "tag"}),
        ("instance_segmentation", {"polygon", "bbox", "tag"}),
        ("semantic_segmentation", {"polygon", "bbox", "tag"}),
        ("classification", {"tag"}),
    ],
)
@pytest.mark.parametrize("output_type", ["polygon", "bbox", "tag"])
def test_check_wanted__shapes(model_type: ModelType, possible: set[str], output_type: BatchOutputType) -> None:
    if output_type in possible:
        choice(model_type).check_wanted([("yield", output_type, ("yield",))])
        return
    with pytest.raises(OutputTypeNotPossible) as refusal:
        choice(model_type).check_wanted([("yield", output_type, ("yield",))])
    assert f"cannot label 'yield' as {output_type}" in refusal.value.message
    assert all(each in str(refusal.value.fix) for each in possible)


def test_check_wanted__classes_in_any_spelling_and_under_any_name() -> None:
    choice().check_wanted([("sign", "bbox", ("Stop-Sign", "yield")), ("other", "tag", ("stop sign",))])


def test_check_wanted__unknown_classes_are_listed_with_what_there_is() -> None:
    with pytest.raises(ModelLacksClass) as refusal:
        choice().check_wanted([("zebra", "bbox", ("zebra", "yield")), ("horse", "bbox", ("horse",))])
    assert refusal.value.message == "Model 'signs-1' does not know 'zebra', 'horse': its classes are stop_sign, yield"
