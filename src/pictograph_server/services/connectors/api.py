"""Requests to another service's API: its key goes to its own address only, and its answers are read with care."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import quote, urlencode, urlsplit

from pydantic import BaseModel, TypeAdapter, ValidationError

from pictograph_server.errors import BadRequest
from pictograph_server.outgoing.fetch import BadStatus, Fetcher, FetchError, FetchRefused, Method, TooLarge

T = TypeVar("T")
Model = TypeVar("Model", bound=BaseModel)
_REFUSED = (401, 403)
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_MAX_WORDS = 200
_WAITS_S = (1.0, 3.0)


class ConnectorFailed(BadRequest):
    """The other service gave no useful answer."""

    code = "connector_failed"


class ConnectorKeyRefused(BadRequest):
    code = "connector_key_refused"

    def __init__(self, service: str, why: str) -> None:
        super().__init__(
            f"{service} did not accept the API key", why=why, fix=f"Make a key in {service}'s settings and send that"
        )


@dataclass(frozen=True)
class Api:
    """One service's API.

    Args:
        secret_headers, secret_query: where the key goes.
        tries: how often a request is made that fails for a reason that may pass.
    """

    service: str
    base: str
    key: str = field(repr=False)
    fetcher: Fetcher
    secret_headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    secret_query: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    tries: int = 1
    sleep: Callable[[float], None] = time.sleep

    def read(
        self,
        kind: type[T] | TypeAdapter[T],
        *segments: str,
        query: Sequence[tuple[str, str]] = (),
        method: Method = "GET",
        body: object = None,
    ) -> T:
        """Return the answer of a path, as the type it must have.

        Raises:
            ConnectorKeyRefused: the key is not taken.
            ConnectorFailed: there is no such answer; says why.
        """
        return self.parse(kind, self.ask(*segments, query=query, method=method, body=body)[1])

    def ask(
        self,
        *segments: str,
        query: Sequence[tuple[str, str]] = (),
        method: Method = "GET",
        body: object = None,
    ) -> tuple[int, Any]:
        """Return status and decoded JSON of a path. Raises as `read` does."""
        path = "/".join(quote(segment, safe="") for segment in segments)
        asked = urlencode([*query, *self.secret_query.items()])
        url = f"{self.base}/{path}" + (f"?{asked}" if asked else "")

        def request() -> tuple[int, Any]:
            answer = self.fetcher.request(url, method=method, json_body=body, secret_headers=self.secret_headers)
            return answer.status, answer.json()

        return self._tried(request)

    def parse(self, kind: type[T] | TypeAdapter[T], document: object) -> T:
        """Return a decoded answer as its type. Raises `ConnectorFailed` when it is another."""
        adapter = kind if isinstance(kind, TypeAdapter) else TypeAdapter(kind)
        try:
            return adapter.validate_python(document)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise ConnectorFailed(
                f"{self.service} answered something unexpected",
                why=f"{place}: {first['msg']}" if place else first["msg"],
                fix="Its API may have changed: report this with the message",
            ) from None

    def fetch(self, url: str, *, max_bytes: int) -> bytes:
        """Return the bytes behind an address that the service named; the key goes along only to its own address."""
        headers = self._headers_for(url)
        return self._tried(lambda: self.fetcher.request(url, secret_headers=headers, max_bytes=max_bytes).body)

    def download(self, url: str, target: Path, *, max_bytes: int) -> int:
        """Write the bytes behind an address that the service named to a file, and return how many there are."""
        headers = self._headers_for(url)
        return self._tried(lambda: self.fetcher.download(url, target, secret_headers=headers, max_bytes=max_bytes))

    def _headers_for(self, url: str) -> Mapping[str, str]:
        return self.secret_headers if _origin(url) == _origin(self.base) else {}

    def _tried(self, action: Callable[[], T]) -> T:
        for attempt in range(self.tries):
            try:
                return action()
            except FetchError as error:
                is_last = attempt == self.tries - 1
                if is_last or not _may_pass(error):
                    raise self._refusal(error) from None
            self.sleep(_WAITS_S[min(attempt, len(_WAITS_S) - 1)])
        raise AssertionError("unreachable")

    def _refusal(self, error: FetchError) -> BadRequest:
        if isinstance(error, BadStatus):
            words = self._words(error.body)
            why = f"{words} (status {error.status})" if words else f"status {error.status}"
            if error.status in _REFUSED:
                return ConnectorKeyRefused(self.service, why)
            return ConnectorFailed(f"{self.service} refused the request", why=why)
        if isinstance(error, TooLarge):
            return ConnectorFailed(f"{self.service} sent too much", why=str(error))
        return ConnectorFailed(
            f"{self.service} cannot be reached", why=str(error), fix="Check that the server has access to the internet"
        )

    def _words(self, body: bytes) -> str:
        """Return what an error says, without our key should it be repeated there."""
        try:
            document: object = json.loads(body)
        except ValueError:
            return ""
        found = _first_text(document)
        return found.replace(self.key, "…")[:_MAX_WORDS]


def _first_text(document: object) -> str:
    """Return the text under `message`, `error`, `detail` or `errors`, however deep."""
    if isinstance(document, str):
        return document
    if isinstance(document, list):
        return next(filter(None, map(_first_text, cast("list[object]", document))), "")
    if isinstance(document, dict):
        named = cast("dict[str, object]", document)
        keys = ("message", "error", "detail", "errors")
        return next(filter(None, (_first_text(named[key]) for key in keys if key in named)), "")
    return ""


def _may_pass(error: FetchError) -> bool:
    if isinstance(error, BadStatus):
        return error.status in _PASSING
    return not isinstance(error, (FetchRefused, TooLarge))


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return "", None, None
