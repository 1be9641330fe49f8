import pickle
from email.utils import formatdate
from time import time
from typing import Any

import pytest

from pictograph import exceptions
from pictograph.exceptions import (
    ApiError,
    AuthError,
    ConfigurationError,
    ConflictError,
    ForbiddenError,
    NetworkError,
    NotFoundError,
    PaymentRequiredError,
    PictographError,
    PollTimeoutError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
    ValidationError,
    from_response,
    parse_retry_after,
)

KINDS = [kind for kind in vars(exceptions).values() if isinstance(kind, type) and issubclass(kind, PictographError)]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"detail": "no"}, ValidationError),
        (401, {"detail": "no"}, AuthError),
        (402, {"detail": "no"}, PaymentRequiredError),
        (402, "no", ApiError),
        (402, None, ApiError),
        (403, {"detail": "no"}, ForbiddenError),
        (404, {"detail": "no"}, NotFoundError),
        (409, {"detail": "no"}, ConflictError),
        (422, {"detail": []}, ValidationError),
        (429, {"detail": "no"}, RateLimitError),
        (500, None, ServerError),
        (599, None, ServerError),
        (302, None, ApiError),
        (405, None, ApiError),
        (413, {"detail": "no"}, ApiError),
    ],
)
def test_from_response__status_to_class(status: int, body: Any, kind: type[ApiError]) -> None:
    assert type(from_response(status, body=body)) is kind


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"detail": "a", "error": "b", "message": "c"}, "a"),
        ({"detail": "", "error": "b", "message": "c"}, "b"),
        ({"detail": None, "message": "c"}, "c"),
        ({"detail": {"error": "insufficient_credits"}}, "HTTP 418"),
        ({"detail": {"message": "nested"}}, "nested"),
        ({"detail": 7}, "HTTP 418"),
        ({"detail": [{"loc": ["body", "name"], "msg": "Field required"}]}, "HTTP 418: name: Field required"),
        ("a page", "HTTP 418"),
        (None, "HTTP 418"),
        ([], "HTTP 418"),
    ],
)
def test_from_response__message(body: Any, message: str) -> None:
    assert from_response(418, body=body).message == message


def test_from_response__message_given_wins() -> None:
    assert from_response(404, body={"detail": "a"}, message="b").message == "b"


def test_from_response__keeps_what_the_server_said() -> None:
    body = {"detail": "taken", "code": "name_taken", "fix": "Choose another."}
    error = from_response(409, body=body, request_id="r1")
    assert (error.code, error.fix, error.request_id, error.response) == ("name_taken", "Choose another.", "r1", body)


def test_from_response__field_errors_are_always_a_list() -> None:
    one = from_response(422, body={"detail": [{"loc": ["body", "a"], "msg": "bad"}, "text"]})
    none = from_response(400, body={"detail": "bad"})
    assert isinstance(one, ValidationError)
    assert isinstance(none, ValidationError)
    assert one.field_errors == [{"loc": ["body", "a"], "msg": "bad"}]
    assert none.field_errors == []


@pytest.mark.parametrize(
    ("body", "cost", "left", "link"),
    [
        ({"detail": {"required": 5, "remaining": 0, "upgrade_url": "/b"}}, 5, 0, "/b"),
        ({"detail": "no", "required": 5, "remaining": 2}, 5, 2, None),
        ({"credit_cost": 7, "credits_remaining": 3, "required": 9, "remaining": 9}, 7, 3, None),
        ({"detail": "no"}, None, None, None),
    ],
)
def test_from_response__payment_facts(body: Any, cost: int | None, left: int | None, link: str | None) -> None:
    error = from_response(402, body=body)
    assert isinstance(error, PaymentRequiredError)
    assert (error.credit_cost, error.credits_remaining, error.upgrade_url) == (cost, left, link)


@pytest.mark.parametrize(
    ("value", "seconds"), [("30", 30.0), ("1.5", 1.5), ("-4", 0.0), ("soon", None), ("nan", None), (None, None)]
)
def test_parse_retry_after__numbers(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after({"Retry-After": value} if value is not None else None) == seconds


def test_parse_retry_after__date() -> None:
    seconds = parse_retry_after({"retry-after": formatdate(time() + 60, usegmt=True)})
    assert seconds is not None
    assert 55 < seconds <= 61


def test_rate_limit__fix_says_how_long() -> None:
    assert "30s" in str(from_response(429, headers={"Retry-After": "29.7"}).fix)
    assert "Reduce request rate" in str(RateLimitError("slow down").fix)
    assert RateLimitError("slow down", retry_after=3, fix="Mine.").fix == "Mine."


def test_fix__names_the_key_format() -> None:
    assert "pk_live_" in str(AuthError("who are you").fix)


@pytest.mark.parametrize(
    ("kind", "ending"),
    [
        (AuthError, "/authentication"),
        (ForbiddenError, "/authentication"),
        (RateLimitError, "/rate-limits"),
        (PaymentRequiredError, "/concepts/credits-and-billing"),
        (ConfigurationError, "/installation"),
        (NotFoundError, "/error-handling"),
        (NetworkError, "/error-handling"),
        (RequestTimeoutError, "/error-handling"),
        (PollTimeoutError, "/error-handling"),
    ],
)
def test_docs_url__ending(kind: type[PictographError], ending: str) -> None:
    assert str(kind("x").docs_url).startswith(exceptions.DOCS_BASE)
    assert str(kind("x").docs_url).endswith(ending)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in (PictographError, ApiError)])
def test_every_class__has_a_fix(kind: type[PictographError]) -> None:
    assert kind("x").fix


def test_str__facts_then_fix_then_docs() -> None:
    error = NotFoundError("No dataset 'x'", status_code=404, request_id="r1", fix="Look.", docs_url="https://d")
    assert str(error) == "No dataset 'x' (status=404, request_id=r1)\n  Fix: Look.\n  Docs: https://d"
    assert repr(error) == "NotFoundError(\"No dataset 'x'\")"
    assert str(PictographError("plain")) == "plain"


@pytest.mark.parametrize("kind", KINDS)
def test_pickle__keeps_everything(kind: type[PictographError]) -> None:
    error = kind("x", fix="y")
    error.report = {"half": "done"}
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(again) is kind
    assert vars(again) == vars(error)


def test_pickle__keeps_the_facts_of_a_402() -> None:
    error = from_response(402, body={"detail": {"required": 5, "remaining": 0}}, request_id="r")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (again.credit_cost, again.credits_remaining, again.request_id) == (5, 0, "r")


def test_hierarchy__what_people_catch() -> None:
    assert issubclass(RequestTimeoutError, NetworkError)
    assert not issubclass(PollTimeoutError, ApiError)
    assert not issubclass(ConfigurationError, ApiError)
