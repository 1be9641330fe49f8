"""The tools as contract §13 lists them, and what a call does."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from pictograph import Client
from pictograph._http.mock import MockApi
from pictograph.agents import REGISTRY, Toolkit, create_toolkit, get_tool, tool_names

API = "/api/v1/developer"

# Name, role, credits, idempotent, and the arguments that must be given.
TOOLS = """
upload_dataset_from_folder  member 0   -  dataset_name folder
auto_annotate_dataset       member 10  -  dataset_name classes
train_pipeline              member 100 -  dataset_name pipeline
full_pipeline               member 110 -  dataset_name folder classes pipeline
list_datasets               viewer 0   i
get_dataset                 viewer 0   i  name
create_dataset              member 0   -  name
delete_dataset              admin  0   i  name
upload_image                member 0   -  dataset_name file_path
delete_image                member 0   i  image_uuid
get_annotations             viewer 0   i  image_uuid
save_annotations            member 0   i  image_uuid annotations
auto_annotate_point         member 1   -  dataset_name image_filename x y
auto_annotate_box           member 1   -  dataset_name image_filename box name
auto_annotate_text          member 1   -  dataset_name image_filename text_prompt
search_by_tag               viewer 0   i  dataset_name
search_by_similarity        viewer 0   i  image_id
create_export               member 0   -  dataset_name name
list_exports                viewer 0   i
download_export             viewer 0   i  dataset_name export_name output_path
get_training_status         viewer 0   i  run_id
cancel_training             member 0   i  run_id
list_models                 viewer 0   i
download_model              viewer 0   i  model_id output_path
get_credit_balance          viewer 0   i
estimate_credit_cost        viewer 0   i  operation
validate_connector          member 0   i  provider api_key
import_from_connector       member 0   -  provider api_key datasets
"""


def test_registry__as_the_contract_lists_it() -> None:
    listed = [line.split() for line in TOOLS.strip().splitlines()]
    assert tool_names() == [line[0] for line in listed]
    for tool, (name, role, credits, idempotent, *required) in zip(REGISTRY, listed, strict=True):
        assert (tool.required_role, tool.credit_cost, tool.idempotent) == (role, int(credits), idempotent == "i"), name
        assert sorted(tool.input_schema().get("required", [])) == sorted(required), name


@pytest.mark.parametrize("tool", REGISTRY, ids=lambda tool: tool.name)
def test_tool__is_described_for_a_model(tool: Any) -> None:
    assert tool.description.startswith("Use ")
    schema = tool.input_schema()
    assert "title" not in schema
    assert schema["additionalProperties"] is False
    assert all("description" in each for each in schema["properties"].values())


@pytest.mark.parametrize(
    ("name", "argument", "limits"),
    [
        ("upload_dataset_from_folder", "max_workers", {"minimum": 1, "maximum": 32, "default": 8}),
        ("list_datasets", "limit", {"minimum": 1, "maximum": 1000, "default": 100}),
        ("get_dataset", "images_limit", {"minimum": 1, "maximum": 10_000, "default": 1000}),
        ("search_by_similarity", "threshold", {"minimum": 0.0, "maximum": 1.0, "default": 0.6}),
        ("auto_annotate_point", "score_threshold", {"default": 0.75}),
        ("create_export", "status_filter", {"enum": ["all", "complete", "in_progress", "new"], "default": "complete"}),
        ("estimate_credit_cost", "quantity", {"minimum": 1, "default": 1}),
    ],
)
def test_arguments__limits(name: str, argument: str, limits: dict[str, object]) -> None:
    assert limits.items() <= get_tool(name).input_schema()["properties"][argument].items()


@pytest.fixture
def api() -> MockApi:
    return MockApi()


@pytest.fixture
def toolkit(api: MockApi) -> Toolkit:
    return create_toolkit(client=Client.over(api.transport()))


DATASET = {"id": "d1", "name": "signs", "created_at": "2026-01-01T00:00:00Z"}


def test_dispatch__returns_plain_json(api: MockApi, toolkit: Toolkit) -> None:
    api.on("GET", f"{API}/datasets/", {"datasets": [DATASET]})
    answer = toolkit.dispatch("list_datasets", {"limit": 7})
    assert (answer["count"], answer["datasets"][0]["name"]) == (1, "signs")
    assert json.loads(json.dumps(answer)) == answer
    assert api.calls[-1].query["limit"] == "7"


def test_dispatch__saves_annotations_given_as_json(api: MockApi, toolkit: Toolkit) -> None:
    saved = {"image_id": "i1", "previous_count": 0, "new_count": 1, "status": "complete"}
    api.on("POST", f"{API}/annotations/i1", saved)
    box = {"name": "stop", "type": "bbox", "bounding_box": {"x": 1, "y": 2, "w": 3, "h": 4}}
    assert toolkit.dispatch("save_annotations", {"image_uuid": "i1", "annotations": [box]}) == saved
    assert api.calls[-1].json["annotations"][0]["bounding_box"] == {"x": 1, "y": 2, "w": 3, "h": 4}


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("list_datasets", {"limit": 0}),
        ("list_datasets", {"offset": 3}),
        ("get_dataset", {}),
        ("full_pipeline", {"dataset_name": "d", "folder": "f", "classes": [], "pipeline": "yolox"}),
        ("train_pipeline", {"dataset_name": "d", "pipeline": "yolo"}),
        ("save_annotations", {"image_uuid": "i", "annotations": [{"class": "stop"}]}),
    ],
    ids=["out of range", "unknown", "missing", "no classes", "no such pipeline", "no annotation"],
)
def test_dispatch__arguments_that_do_not_fit(
    api: MockApi, toolkit: Toolkit, name: str, args: dict[str, object]
) -> None:
    with pytest.raises(ValidationError):
        toolkit.dispatch(name, args)
    assert api.calls == []


def test_dispatch__unknown_tool_names_those_there_are(toolkit: Toolkit) -> None:
    with pytest.raises(KeyError, match="full_pipeline"):
        toolkit.dispatch("fly")


def test_dispatch__points_are_pairs(toolkit: Toolkit) -> None:
    args = {"dataset_name": "d", "image_filename": "a.jpg", "x": 1, "y": 2, "positive_points": [[1, 2, 3]]}
    with pytest.raises(ValueError, match="two numbers"):
        toolkit.dispatch("auto_annotate_point", args)


@pytest.mark.parametrize(("budget", "is_cut"), [(100, True), (0, False), (-1, False), (25_000, False)])
def test_dispatch__a_long_answer_is_replaced(api: MockApi, budget: int, is_cut: bool) -> None:
    api.on("GET", f"{API}/datasets/", {"datasets": [DATASET] * 50})
    answer = Toolkit(Client.over(api.transport()), max_response_tokens=budget).dispatch("list_datasets")
    assert answer.get("_truncated", False) is is_cut
    if is_cut:
        assert answer["_size_chars"] > 400
        assert "smaller limit" in answer["_message"]


def test_shapes__of_the_two_interfaces(toolkit: Toolkit) -> None:
    anthropic, openai = toolkit.as_anthropic_tools(), toolkit.as_openai_tools()
    assert all(tool.keys() == {"name", "description", "input_schema"} for tool in anthropic)
    assert all(tool.keys() == {"type", "name", "description", "parameters"} for tool in openai)
    assert [tool["parameters"] for tool in openai] == [tool["input_schema"] for tool in anthropic]
    whole = {"name", "description", "input_schema", "required_role", "credit_cost", "idempotent"}
    assert all(tool.keys() == whole for tool in toolkit.as_json_schema())
