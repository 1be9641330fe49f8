"""What a request may name as its annotator, who may, and what is refused before anything is paid for."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.networks import red_detector
from tests.stored_models import store_model

from pictograph_server.actor import Actor
from pictograph_server.engines.annotators import availability
from pictograph_server.engines.annotators.base import Capability
from pictograph_server.engines.annotators.checkpoints import weights
from pictograph_server.engines.annotators.checkpoints.hub import out_of_reach
from pictograph_server.errors import ServiceError
from pictograph_server.platform import Platform
from pictograph_server.services.auto_annotation.choice import ChosenAnnotator, resolve
from pictograph_server.services.datasets import service as datasets


@pytest.fixture(autouse=True)
def no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with nothing in its cache, nobody logged in, and no way out."""
    monkeypatch.setattr(weights, "cached_folder", lambda _: None)  # pyright: ignore[reportUnknownLambdaType]
    monkeypatch.setattr(weights, "is_logged_in", lambda: False)
    monkeypatch.setattr(availability, "ask_hub_for", lambda ids: [out_of_reach(each, "cut off") for each in ids])  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType, reportUnknownVariableType]


def choose(
    platform: Platform, actor: Actor, annotator: str | None = None, *, model_id: str | None = None, own: str = "tiny"
) -> ChosenAnnotator:
    """Resolve a request on a server that is set to `own`."""
    place = replace(platform, settings=platform.settings.model_copy(update={"annotator": own}))
    with place.db.read() as conn:
        return resolve(place, conn, actor, annotator=annotator, model_id=model_id)


def refusal(
    platform: Platform, actor: Actor, annotator: str | None = None, *, model_id: str | None = None, own: str = "tiny"
) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        choose(platform, actor, annotator, model_id=model_id, own=own)
    return caught.value


def test_resolve__nothing_named_is_the_servers_own(platform: Platform, actor: Actor) -> None:
    for model_id in (None, "sam3"):
        chosen = choose(platform, actor, model_id=model_id)
        assert (chosen.choice, chosen.engine) == ("tiny", "sam3@pictograph-tiny")
        assert not chosen.is_trained_model
        assert chosen.class_names is not None and "stop_sign" in chosen.class_names


def test_resolve__auto_ends_at_the_one_that_ships_and_says_why_when_it_refuses(
    platform: Platform, actor: Actor
) -> None:
    chosen = choose(platform, actor, own="auto")
    assert chosen.choice == "tiny"
    chosen.check_prompts(["stop sign"])
    with pytest.raises(ServiceError) as caught:
        chosen.check_prompts(["banana"])
    assert (caught.value.status, caught.value.code) == (400, "class_not_known")
    assert "nobody is logged in" in caught.value.message and "cut off" in caught.value.message


@pytest.mark.parametrize(
    ("annotator", "why"),
    [("sam3", "nobody is logged in"), ("grounded-sam2", "cut off"), ("owlv2", "cut off"), ("/nowhere", "no such")],
)
def test_resolve__what_cannot_be_used_here_is_a_400_with_what_to_do(
    platform: Platform, actor: Actor, annotator: str, why: str
) -> None:
    error = refusal(platform, actor, annotator)
    assert (error.status, error.code) == (400, "annotator_unavailable")
    assert why in error.message and error.fix


def test_resolve__folders_and_hub_ids_are_for_admins(platform: Platform, actor: Actor, tmp_path: Path) -> None:
    member, admin = (replace(actor, role=role) for role in ("member", "admin"))
    folder = tmp_path / "mine"
    shutil.copytree(weights.TINY_FOLDER, folder, ignore=shutil.ignore_patterns("pictograph.json"))
    for named in (str(folder), "./mine", "~/mine", "somebody/model"):
        assert (refusal(platform, member, named).status, refusal(platform, member, named).code) == (
            403,
            "annotator_folder_forbidden",
        )
    chosen = choose(platform, admin, str(folder))
    assert (chosen.choice, chosen.engine, chosen.class_names) == (str(folder), "sam3@mine", None)
    # What the operator chose is for everybody.
    assert choose(platform, member, own=str(folder)).choice == str(folder)


def test_resolve__an_unknown_word_is_refused_with_those_there_are(platform: Platform, actor: Actor) -> None:
    for asker in (actor, replace(actor, role="member")):
        error = refusal(platform, asker, "yolo9000")
        assert error.code == "annotator_unavailable" and error.fix is not None
        assert "auto, sam3, grounded-sam2, owlv2, tiny" in error.fix


def test_resolve__the_servers_folder_answers_for_the_annotator_in_it(
    platform: Platform, actor: Actor, tmp_path: Path
) -> None:
    folder = str(tmp_path / "mine")
    shutil.copytree(weights.TINY_FOLDER, folder, ignore=shutil.ignore_patterns("pictograph.json"))
    assert [choose(platform, actor, named, own=folder).choice for named in ("sam3", "auto")] == [folder, folder]
    assert choose(platform, actor, "tiny", own=folder).choice == "tiny"


def test_require__what_it_cannot_be_asked_with(platform: Platform, actor: Actor) -> None:
    chosen = replace(choose(platform, actor), capabilities=frozenset({Capability.TEXT}))
    chosen.require(Capability.TEXT)
    with pytest.raises(ServiceError) as caught:
        chosen.require(Capability.EXEMPLAR)
    assert (caught.value.status, caught.value.code) == (400, "prompt_kind_not_possible")
    assert "it can be asked with phrases" in caught.value.message


def test_resolve__a_trained_model_is_a_folder_here(platform: Platform, actor: Actor, tmp_path: Path) -> None:
    with platform.db.write() as conn:
        dataset = datasets.create(conn, actor.organization_id, name="signs", classes=[])
    model_id = store_model(platform, actor.organization_id, red_detector(tmp_path / "model"), dataset_id=dataset.id)
    chosen = choose(platform, actor, model_id=model_id)
    assert chosen.engine == f"model:{model_id}" and chosen.is_trained_model and chosen.trained is not None
    assert (Path(chosen.choice) / "model.onnx").is_file() and chosen.class_names == chosen.trained.class_names
    assert refusal(platform, actor, "tiny", model_id=model_id).code == "annotator_named_twice"
    assert refusal(platform, replace(actor, organization_id="another"), model_id=model_id).status == 404
