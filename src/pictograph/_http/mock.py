"""A network that answers from a table: for tests of programs that use the client, and for our own.

api = MockApi()
api.on("GET", "/api/v1/developer/credits/balance", {"credits_remaining": 5})
client = Client.over(api.transport())
client.credits.balance().credits_remaining      # 5
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx2
from pydantic import SecretStr

from pictograph._http.retry import RetryPolicy
from pictograph._http.transport import Transport
from pictograph._internal.config import ClientConfig


@dataclass(frozen=True, slots=True)
class Call:
    """A request as the server saw it. `path` is percent-encoded as sent; a query value given once is a text."""

    method: str
    path: str
    query: dict[str, str | list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: JSON, or `content` as it is. An `error` stands for no answer at all."""

    status: int = 200
    json: Any = None
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    error: type[httpx2.TransportError] | None = None


# What a route answers with: JSON for a 200, a Reply, or a function of the call returning one of these.
Answer = Any


class MockApi:
    """Routes and the calls they received. An unknown route answers 404, as a server does.

    Several answers for a route are given one after the other; the last one stays.
    """

    def __init__(self, base_url: str = "http://mock.test") -> None:
        self.base_url = base_url
        self.calls: list[Call] = []
        self.sleeps: list[float] = []
        self._routes: dict[tuple[str, str], list[Answer]] = {}
        self._lock = threading.Lock()

    def on(self, method: str, path: str, *answers: Answer) -> None:
        """Answer requests for this path, percent-encoded and without its query; replaces what was set before."""
        self._routes[(method, path)] = list(answers) or [None]

    def made(self, method: str, path: str) -> list[Call]:
        """Return the calls of this route, in order."""
        return [call for call in self.calls if (call.method, call.path) == (method, path)]

    def transport(self, *, max_retries: int = 3) -> Transport:
        """Return a transport whose network is this table and whose sleeps only move the list `sleeps`."""
        config = ClientConfig(api_key=SecretStr("pk_live_" + "0" * 32), base_url=self.base_url, max_retries=max_retries)
        return Transport(
            config,
            network=httpx2.MockTransport(self._answer),
            sleep=self.sleeps.append,
            retry=RetryPolicy(max_retries=max_retries, jitter=lambda: 1.0),
        )

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        query = parse_qs(url.query.decode(), keep_blank_values=True)
        call = Call(
            method=request.method,
            path=url.raw_path.decode().split("?")[0],
            query={name: values[0] if len(values) == 1 else values for name, values in query.items()},
            headers={name.lower(): value for name, value in request.headers.items()},
            body=request.read(),
        )
        with self._lock:
            self.calls.append(call)
            answers = self._routes.get((call.method, call.path))
            if answers is None:
                answer: Answer = Reply(404, json={"detail": f"No route {call.method} {call.path}"})
            else:
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Callable):
            answer = answer(call)
        reply = answer if isinstance(answer, Reply) else Reply(json=answer)
        if reply.error is not None:
            raise reply.error("mock")
        if reply.content is not None or reply.json is None:
            return httpx2.Response(reply.status, content=reply.content or b"", headers=reply.headers)
        return httpx2.Response(reply.status, json=reply.json, headers=reply.headers)
