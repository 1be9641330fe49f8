"""Single answers: what is asked, and what comes back."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.pictograph import wire
from tests.unit.pictograph.wire import API, client_of

from pictograph import Client
from pictograph._http.mock import MockApi
from pictograph.exceptions import ServerError

Ask = Callable[[Client], Any]
BALANCE = {"credits_remaining": 3, "credits_monthly_allowance": 10}
ESTIMATE = {
    "operation": "training_a10g",
    "credits_per_unit": 5,
    "unit": "per_minute",
    "quantity": 2,
    "total_credits": 10,
    "sufficient": True,
    "credits_remaining": 50,
}
ENTRY = {"id": "l1", "operation": "x", "amount": -3, "created_at": wire.NOW}

# A name, the method's call, and the request it makes: method, path, query; then the answer.
CASES: list[tuple[str, Ask, str, str, dict[str, str], Any]] = [
    ("projects.get", lambda c: c.projects.get("a b"), "GET", "/projects/a%20b", {}, {"project": wire.project()}),
    (
        "projects.list",
        lambda c: c.projects.list(limit=7, offset=2),
        "GET",
        "/projects/",
        {"limit": "7", "offset": "2"},
        {"projects": [wire.project()]},
    ),
    (
        "projects.delete",
        lambda c: c.projects.delete("a#b"),
        "DELETE",
        "/projects/a%23b",
        {},
        {"deleted": {"images": 2}},
    ),
    ("datasets.list", lambda c: c.datasets.list(limit=5), "GET", "/datasets/", {"limit": "5"}, {"datasets": []}),
    ("datasets.get", lambda c: c.datasets.get("ü"), "GET", "/datasets/by-name/%C3%BC", {}, {"dataset": wire.dataset()}),
    (
        "datasets.get with images",
        lambda c: c.datasets.get("x", include_images=True, images_limit=9, images_offset=3),
        "GET",
        "/datasets/by-name/x",
        {"include_images": "true", "images_limit": "9", "images_offset": "3"},
        {"dataset": wire.dataset(images=[wire.dataset_image()])},
    ),
    (
        "datasets.get_by_id",
        lambda c: c.datasets.get_by_id("d1"),
        "GET",
        "/datasets/d1",
        {},
        {"dataset": wire.dataset()},
    ),
    ("images.get", lambda c: c.images.get("i1"), "GET", "/images/i1/metadata", {}, {"image": wire.image()}),
    ("images.delete", lambda c: c.images.delete("i1"), "DELETE", "/images/i1", {}, None),
    (
        "images.delete for good",
        lambda c: c.images.delete("i1", permanent=True),
        "DELETE",
        "/images/i1",
        {"permanent": "true"},
        None,
    ),
    ("annotations.get", lambda c: c.annotations.get("i1"), "GET", "/annotations/i1", {}, {"annotations": [wire.box()]}),
    ("annotations.delete", lambda c: c.annotations.delete("i1"), "DELETE", "/annotations/i1", {}, {"deleted_count": 4}),
    ("exports.get", lambda c: c.exports.get("s", "e/1"), "GET", "/exports/s/e%2F1", {}, {"export": wire.export()}),
    (
        "exports.list",
        lambda c: c.exports.list(dataset_name="s", status="failed"),
        "GET",
        "/exports/",
        {"limit": "100", "offset": "0", "dataset_name": "s", "status": "failed"},
        {"exports": [wire.export()]},
    ),
    ("exports.delete", lambda c: c.exports.delete("s", "e"), "DELETE", "/exports/s/e", {}, None),
    ("training.get", lambda c: c.training.get("r1"), "GET", "/training/r1", {}, {"training_run": wire.run()}),
    (
        "training.list",
        lambda c: c.training.list(status="running"),
        "GET",
        "/training/",
        {"limit": "50", "offset": "0", "status": "running"},
        {"training_runs": [wire.run()]},
    ),
    (
        "training.cancel",
        lambda c: c.training.cancel("r"),
        "POST",
        "/training/r/cancel",
        {},
        {"training_run": wire.run()},
    ),
    ("models.get", lambda c: c.models.get("m1"), "GET", "/models/m1", {}, {"model": wire.model()}),
    (
        "models.list",
        lambda c: c.models.list(model_type="object_detection", limit=3),
        "GET",
        "/models/",
        {"limit": "3", "offset": "0", "model_type": "object_detection"},
        {"models": [wire.model()]},
    ),
    ("models.delete", lambda c: c.models.delete("m1"), "DELETE", "/models/m1", {}, None),
    ("credits.balance", lambda c: c.credits.balance(), "GET", "/credits/balance", {}, BALANCE),
    (
        "credits.estimate",
        lambda c: c.credits.estimate("training_a10g", quantity=2),
        "GET",
        "/credits/estimate",
        {"operation": "training_a10g", "quantity": "2"},
        ESTIMATE,
    ),
    (
        "credits.history",
        lambda c: c.credits.history(),
        "GET",
        "/credits/history",
        {"limit": "50", "offset": "0"},
        {"entries": [ENTRY]},
    ),
    (
        "auto_annotate.get_batch",
        lambda c: c.auto_annotate.get_batch("j"),
        "GET",
        "/auto-annotate/batch/j",
        {},
        wire.job(),
    ),
    (
        "auto_annotate.cancel_batch",
        lambda c: c.auto_annotate.cancel_batch("j"),
        "POST",
        "/auto-annotate/batch/j/cancel",
        {},
        wire.job("cancelled"),
    ),
]


@pytest.mark.parametrize(
    ("ask", "method", "path", "query", "answer"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_call__one_request(ask: Ask, method: str, path: str, query: dict[str, str], answer: Any) -> None:
    api = MockApi()
    api.on(method, API + path, answer)
    ask(client_of(api))
    (call,) = api.calls
    assert (call.method, call.path, call.query, call.body) == (method, API + path, query, b"")


GETTERS: list[tuple[Ask, str]] = [
    (lambda c: c.projects.get("x"), "/projects/x"),
    (lambda c: c.datasets.get("x"), "/datasets/by-name/x"),
    (lambda c: c.images.get("x"), "/images/x/metadata"),
    (lambda c: c.training.get("x"), "/training/x"),
    (lambda c: c.models.get("x"), "/models/x"),
    (lambda c: c.auto_annotate.get_batch("x"), "/auto-annotate/batch/x"),
]


@pytest.mark.parametrize(("ask", "path"), GETTERS)
@pytest.mark.parametrize("answer", [{"other": {}}, [], "text", {"project": 1, "dataset": 3, "status": "odd"}])
def test_call__answer_of_another_shape(ask: Ask, path: str, answer: Any) -> None:
    api = MockApi()
    api.on("GET", API + path, answer)
    with pytest.raises(ServerError, match="server's answer") as caught:
        ask(client_of(api))
    assert caught.value.status_code is None
    assert caught.value.response is not None


PAGERS: list[tuple[Ask, str, str, Any]] = [
    (lambda c: c.projects.iter(page_size=2), "/projects/", "projects", wire.project()),
    (lambda c: c.datasets.iter(page_size=2), "/datasets/", "datasets", wire.dataset()),
    (lambda c: c.exports.iter(page_size=2), "/exports/", "exports", wire.export()),
    (lambda c: c.training.iter(page_size=2), "/training/", "training_runs", wire.run()),
    (lambda c: c.models.iter(page_size=2), "/models/", "models", wire.model()),
    (lambda c: c.credits.iter(page_size=2), "/credits/history", "entries", ENTRY),
]


@pytest.mark.parametrize(("ask", "path", "key", "item"), PAGERS)
def test_iter__pages_until_a_short_one(ask: Ask, path: str, key: str, item: Any) -> None:
    api = MockApi()
    api.on("GET", API + path, {key: [item, item]}, {key: [item]})
    assert len(ask(client_of(api)).all()) == 3
    assert [call.query["offset"] for call in api.calls] == ["0", "2"]


def test_delete_annotations__answer_may_be_sparse() -> None:
    api = MockApi()
    api.on("DELETE", f"{API}/annotations/i1", {})
    result = client_of(api).annotations.delete("i1")
    assert (result.image_id, result.deleted_count) == ("i1", 0)
