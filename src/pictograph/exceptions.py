"""Everything the client raises on purpose.

    PictographError
    ├─ ConfigurationError                no key, or a setting that cannot be used
    ├─ NetworkError                      no response: DNS, TCP, TLS, a broken read
    │  └─ RequestTimeoutError            one request took longer than the client's timeout
    ├─ PollTimeoutError                  a job did not end inside the wait; it keeps running
    └─ ApiError                          the server answered, and it was not what was asked for
       ├─ AuthError              401
       ├─ PaymentRequiredError   402     what it costs, what is left
       ├─ ForbiddenError         403
       ├─ NotFoundError          404
       ├─ ConflictError          409
       ├─ ValidationError        400, 422; also raised before anything is sent
       ├─ RateLimitError         429
       └─ ServerError            5xx, and answers that are not what the wire promises

Every error says what to do next in `fix`; the server's own words win over the ones here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from time import time
from typing import Any, ClassVar, cast

DOCS_BASE = "https://github.com/pictograph-open/pictograph/tree/main/docs"

# A decoded JSON body. It is the server's, so nothing about it is certain.
JsonBody = Any


class PictographError(Exception):
    """Base of everything the client raises on purpose.

    `fix` says what to do next and `docs_url` where to read more; both have a default for each class. `report` is what
    a workflow had done before this error ended it: its report object, else None.
    """

    default_fix: ClassVar[str | None] = None
    default_docs_url: ClassVar[str | None] = None

    def __init__(self, message: str, *, fix: str | None = None, docs_url: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix if fix is not None else self.default_fix
        self.docs_url = docs_url if docs_url is not None else self.default_docs_url
        # The reports are types of layers above this one.
        self.report: Any = None

    def __str__(self) -> str:
        lines = [self.message + self._facts()]
        if self.fix:
            lines.append(f"  Fix: {self.fix}")
        if self.docs_url:
            lines.append(f"  Docs: {self.docs_url}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.message!r})"

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions pickle as `cls(*args)` by default, which loses keyword arguments.
        return _rebuild, (type(self), self.message, self.__dict__)

    def _facts(self) -> str:
        return ""


class ConfigurationError(PictographError):
    """The client cannot be made: no API key, or a setting that cannot be used."""

    default_fix = (
        "Pass `api_key=`, set PICTOGRAPH_API_KEY, or run `pictograph login`; "
        "`pictograph up` writes a key into ~/.pictograph/config.toml on its first start."
    )
    default_docs_url = f"{DOCS_BASE}/installation"


class NetworkError(PictographError):
    """There was no response: the name did not resolve, nobody listened, or the connection broke."""

    default_fix = "Check that the server runs (`pictograph up`) and that `base_url` (PICTOGRAPH_BASE_URL) points at it."
    default_docs_url = f"{DOCS_BASE}/error-handling"


class RequestTimeoutError(NetworkError):
    """One request took longer than the client's timeout."""

    default_fix = "Try again, or make the client more patient: `Client(timeout=120)` or PICTOGRAPH_TIMEOUT=120."


class PollTimeoutError(PictographError):
    """A job did not end inside the time it was waited for. The job keeps running."""

    default_fix = "The job is still running: wait again with its `wait_for_...` method, or pass a larger `timeout`."
    default_docs_url = f"{DOCS_BASE}/error-handling"


class ApiError(PictographError):
    """The server answered, and not with what was asked for.

    Attributes:
        status_code: the HTTP status; None for a job that failed or an answer that could not be read.
        request_id: the server's name of the request, for its log.
        response: the decoded body, its text, or None.
        code: the server's stable word for the error, when it sent one; programs match on it.
    """

    default_docs_url = f"{DOCS_BASE}/error-handling"

    def __init__(
        self,
        message: str,
        *,
        status_code: int | None = None,
        request_id: str | None = None,
        response: JsonBody = None,
        code: str | None = None,
        fix: str | None = None,
        docs_url: str | None = None,
    ) -> None:
        super().__init__(message, fix=fix, docs_url=docs_url)
        self.status_code = status_code
        self.request_id = request_id
        self.response = response
        self.code = code

    def _facts(self) -> str:
        facts: list[str] = []
        if self.status_code is not None:
            facts.append(f"status={self.status_code}")
        if self.request_id is not None:
            facts.append(f"request_id={self.request_id}")
        return f" ({', '.join(facts)})" if facts else ""


class AuthError(ApiError):
    """401: the key is missing, unknown, expired or switched off."""

    default_fix = (
        "Use a key of this server: it starts with `pk_live_`, and `pictograph up` prints the first one. "
        "Set PICTOGRAPH_API_KEY or run `pictograph login`."
    )
    default_docs_url = f"{DOCS_BASE}/authentication"


class ForbiddenError(ApiError):
    """403: the key's role is too low for this."""

    default_fix = "Use a key with a higher role (viewer < member < admin < owner)."
    default_docs_url = f"{DOCS_BASE}/authentication"


class NotFoundError(ApiError):
    """404: it does not exist in this organisation."""

    default_fix = "Check the name or id (names are case-sensitive) and that the key belongs to the right organisation."


class ConflictError(ApiError):
    """409: the state of the thing does not allow it, most often because the name is taken."""

    default_fix = "Use another name, or look at the existing one first."


class ServerError(ApiError):
    """5xx, or an answer that is not what the wire promises."""

    default_fix = "Try again in a moment; if it stays, look for the request id in the server's log."


class ValidationError(ApiError):
    """400 or 422: the request is wrong. `field_errors` lists the places, when the server (or the client) named them.

    The client raises it too, before it sends anything, for what it can see itself; `status_code` is then 422 and
    `request_id` None.
    """

    default_fix = "Correct the value named in the message and try again."

    def __init__(
        self, message: str, *, field_errors: Sequence[Mapping[str, JsonBody]] | None = None, **api: JsonBody
    ) -> None:
        super().__init__(message, **api)
        self.field_errors: list[dict[str, JsonBody]] = [dict(error) for error in field_errors or ()]


class PaymentRequiredError(ApiError):
    """402: not enough credits, or a limit of the plan. Raised before any work is done."""

    default_fix = "Ask for less, or have an owner raise the organisation's allowance."
    default_docs_url = f"{DOCS_BASE}/concepts/credits-and-billing"

    def __init__(
        self,
        message: str,
        *,
        credit_cost: int | None = None,
        credits_remaining: int | None = None,
        upgrade_url: str | None = None,
        **api: JsonBody,
    ) -> None:
        super().__init__(message, **api)
        self.credit_cost = credit_cost
        self.credits_remaining = credits_remaining
        self.upgrade_url = upgrade_url


class RateLimitError(ApiError):
    """429: too many requests. `retry_after` is the wait the server asks for, in seconds."""

    default_docs_url = f"{DOCS_BASE}/rate-limits"

    def __init__(self, message: str, *, retry_after: float | None = None, **api: JsonBody) -> None:
        if api.get("fix") is None:
            api["fix"] = (
                "Reduce request rate: fewer workers, or more images in one request."
                if retry_after is None
                else f"Wait {round(retry_after)}s and try again."
            )
        super().__init__(message, **api)
        self.retry_after = retry_after


def from_response(
    status_code: int,
    *,
    message: str | None = None,
    body: JsonBody = None,
    request_id: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> ApiError:
    """Return the error for an HTTP answer. `body` is decoded JSON, text, or None; `message` overrules the body's."""
    document = cast("Mapping[str, JsonBody]", body) if isinstance(body, Mapping) else None
    facts: dict[str, JsonBody] = {
        "status_code": status_code,
        "request_id": request_id,
        "response": body,
        "code": _text(document, "code"),
        "fix": _text(document, "fix"),
    }
    words = message or _message(status_code, document)
    if status_code in (400, 422):
        return ValidationError(words, field_errors=_field_errors(document), **facts)
    if status_code == 402 and document is not None:
        return PaymentRequiredError(
            words,
            credit_cost=_either(document, "credit_cost", "required"),
            credits_remaining=_either(document, "credits_remaining", "remaining"),
            upgrade_url=_either(document, "upgrade_url"),
            **facts,
        )
    if status_code == 429:
        return RateLimitError(words, retry_after=parse_retry_after(headers), **facts)
    if 500 <= status_code <= 599:
        return ServerError(words, **facts)
    return _BY_STATUS.get(status_code, ApiError)(words, **facts)


_BY_STATUS: dict[int, type[ApiError]] = {401: AuthError, 403: ForbiddenError, 404: NotFoundError, 409: ConflictError}


def parse_retry_after(headers: Mapping[str, str] | None) -> float | None:
    """Return the seconds that `Retry-After` asks for, from a number or an HTTP date; None when it says nothing."""
    value = next((text for name, text in (headers or {}).items() if name.lower() == "retry-after"), None)
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time()
        except ValueError:
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _message(status_code: int, document: Mapping[str, JsonBody] | None) -> str:
    """Return the first truthy of `detail`, `error`, `message`, if it is text. A `detail` object carries its own."""
    for key in ("detail", "error", "message"):
        value = (document or {}).get(key)
        if not value:
            continue
        if isinstance(value, str):
            return value
        if isinstance(value, Mapping):
            nested = cast("Mapping[str, JsonBody]", value).get("message")
            if isinstance(nested, str) and nested:
                return nested
        if isinstance(value, list):
            fields = _describe_fields(_field_errors(document))
            return f"HTTP {status_code}: {fields}" if fields else f"HTTP {status_code}"
        break
    return f"HTTP {status_code}"


def _describe_fields(errors: Sequence[Mapping[str, JsonBody]]) -> str:
    """Return "config.epochs: Input should be greater than 0; …" for a validation list, at most three of them."""
    words: list[str] = []
    for error in errors[:3]:
        place = ".".join(str(part) for part in error.get("loc") or () if part not in ("body", "query", "path"))
        text = str(error.get("msg") or "")
        words.append(f"{place}: {text}" if place and text else place or text)
    more = f" (and {len(errors) - 3} more)" if len(errors) > 3 else ""
    return "; ".join(word for word in words if word) + more


def _field_errors(document: Mapping[str, JsonBody] | None) -> list[dict[str, JsonBody]]:
    detail: JsonBody = (document or {}).get("detail")
    if not isinstance(detail, list):
        return []
    return [cast("dict[str, JsonBody]", item) for item in cast("list[JsonBody]", detail) if isinstance(item, dict)]


def _either(document: Mapping[str, JsonBody], *keys: str) -> JsonBody:
    """Return the first value that is there, at the top level and then inside a `detail` object. Zero is a value."""
    detail: JsonBody = document.get("detail")
    places = [document]
    if isinstance(detail, Mapping):
        places.append(cast("Mapping[str, JsonBody]", detail))
    for place in places:
        for key in keys:
            if place.get(key) is not None:
                return place[key]
    return None


def _text(document: Mapping[str, JsonBody] | None, key: str) -> str | None:
    value: JsonBody = (document or {}).get(key)
    return value if isinstance(value, str) and value else None


def _rebuild(kind: type[PictographError], message: str, state: dict[str, JsonBody]) -> PictographError:
    error = kind(message)
    error.__dict__.update(state)
    return error
