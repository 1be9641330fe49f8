"""Whatever the server offers to programs, the client asks for: found by calling every method of it."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import pytest
from tests.api.sdk_walk import Asked, Operation, operations_of, walk_client

from pictograph_server.app import create_app
from pictograph_server.platform import open_platform
from pictograph_server.settings import Settings

_BROWSER = "of a person in a browser, who has a session and no key"
_LINK = "a link that an answer holds, opened as it is"
_PROBE = "for those who watch over the server"
_SAME_MODEL = "is `batch`'s: a trained model finds nothing by points, boxes or examples, and the server refuses it"
_NO_PRICE = "changes nothing about the price that is asked for"

# What the client does not ask for, with the reason; `*` stands for any end.
NOT_ASKED = {
    "GET /api/v1/account*": _BROWSER,
    "PATCH /api/v1/account*": _BROWSER,
    "POST /api/v1/account*": _BROWSER,
    "DELETE /api/v1/account*": _BROWSER,
    "GET /api/v1/session*": _BROWSER,
    "PATCH /api/v1/session*": _BROWSER,
    "POST /api/v1/session*": _BROWSER,
    "DELETE /api/v1/session*": _BROWSER,
    "PUT /uploads/videos/{token}": _LINK,
    "GET /healthz": _PROBE,
    "GET /metrics": _PROBE,
    "GET /readyz": _PROBE,
    "GET /api/v1/developer/tools.json": "the same descriptions as `pictograph.agents`, for programs without the SDK",
    "POST /api/v1/developer/images/upload": "one file as a form, for `curl`; `images.upload` streams it",
}
QUERY_NOT_ASKED = {
    "GET /api/v1/developer/datasets/by-name/{name}/download?offset": "the hosted client's; ours has a cursor",
    "GET /api/v1/developer/images/?offset": "for a scroll bar, which jumps; programs go on behind a cursor",
}
BODY_NOT_ASKED = {
    "POST /api/v1/developer/annotations/{image_id} asked": "the editor's: what its tools asked an engine",
    "POST /api/v1/developer/annotations/{image_id} in_progress": "the editor's, which saves while a person draws",
    "POST /api/v1/developer/datasets/by-name/{name}/review/next first": "the page's, when a person opens one by hand",
    "POST /api/v1/developer/auto-annotate/sam3/box model_id": _SAME_MODEL,
    "POST /api/v1/developer/auto-annotate/sam3/point model_id": _SAME_MODEL,
    "POST /api/v1/developer/auto-annotate/similar model_id": _SAME_MODEL,
    "POST /api/v1/developer/auto-annotate/similar/quote model_id": _SAME_MODEL,
    **{
        f"POST /api/v1/developer/auto-annotate/{kind}/quote {name}": _NO_PRICE
        for kind in ("batch", "similar")
        for name in ("destination", "exclusive", "max_credits", "max_detections", "min_area", "prompt", "review")
        if (kind, name) not in (("batch", "prompt"), ("similar", "exclusive"))
    },
    **{
        f"POST /api/v1/developer/pipelines/quote {name}": _NO_PRICE
        for name in (
            "confidence_threshold",
            "exclusive",
            "max_credits",
            "min_credits",
            "parent_model_id",
            "review",
        )
    },
}
# What only our own client's forms say, for servers of the hosted kind: ours reads the bytes.
MORE_THAN_KNOWN = {
    f"POST /api/v1/developer/images/register {{{name}}}"
    for name in ("file_size", "folder_path", "gcs_bucket", "gcs_uri", "image_height", "image_width", "mime_type")
}


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    platform = open_platform(Settings(data_dir=tmp_path_factory.mktemp("data")), migrate_database=True)
    try:
        return create_app(platform).openapi()
    finally:
        platform.close()


@pytest.fixture(scope="module")
def asked(document: Mapping[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Asked:
    return walk_client(document, tmp_path_factory.mktemp("walk"))


def test_sdk__asks_for_every_operation(document: Mapping[str, Any], asked: Asked) -> None:
    missing = [str(each) for each in operations_of(document) if str(each) not in asked.query and not _excused(each)]
    assert missing == [], "no method of the client asks for these; write one, or say in NOT_ASKED why not"


def test_sdk__gives_every_query_parameter(document: Mapping[str, Any], asked: Asked) -> None:
    missing = {
        f"{each}?{name}"
        for each in operations_of(document)
        for name in each.query - asked.query.get(str(each), each.query)
    }
    assert missing == set(QUERY_NOT_ASKED), "no argument of the client gives these, or an exception is not needed"


def test_sdk__gives_every_field_of_a_body(document: Mapping[str, Any], asked: Asked) -> None:
    missing = {
        f"{each} {name}"
        for each in operations_of(document)
        for name in each.body - asked.body.get(str(each), each.body)
    }
    assert missing == set(BODY_NOT_ASKED), "no argument of the client gives these, or an exception is not needed"


def test_sdk__asks_for_nothing_that_is_not_there(asked: Asked) -> None:
    assert asked.unknown == MORE_THAN_KNOWN


def test_exceptions__are_of_what_is_there_and_is_not_asked(document: Mapping[str, Any], asked: Asked) -> None:
    operations = operations_of(document)
    for pattern in NOT_ASKED:
        named = [str(each) for each in operations if fnmatchcase(str(each), pattern)]
        assert named, f"{pattern} is no operation any more"
        assert not set(named) & set(asked.query), f"{pattern} is asked for by now"


def _excused(operation: Operation) -> bool:
    return any(fnmatchcase(str(operation), pattern) for pattern in NOT_ASKED)
