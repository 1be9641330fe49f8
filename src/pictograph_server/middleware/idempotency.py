"""Does a request that comes twice with the same Idempotency-Key once, and answers both alike (contract §1.2).

Clients time out after 30 s and send the same request again while the first still runs; the second waits for it.
Bundles and signed uploads stream and are not covered: they are named by their content. An answer that holds a secret
(`Cache-Control: no-store`: a new API key, an invite's link) is remembered in memory for minutes, and never written.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable
from typing import TypeVar, cast

import orjson
from anyio import to_thread
from sqlalchemy import Connection
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pictograph_server.actor import Actor
from pictograph_server.errors import BadRequest, Conflict, Unavailable, Unprocessable
from pictograph_server.storage import idempotency
from pictograph_server.storage.db.session import Database
from pictograph_server.storage.idempotency import Answer, Claimed, OtherRequest, RequestKey, Running

METHODS = ("POST", "PUT", "PATCH")
# Below the client's 30 s, so that it hears a reason instead of timing out.
WAIT_S = 25.0
_POLL_S = 0.05
_POLL_SLOWEST_S = 0.5
_SWEEP_EVERY_S = 3600.0
_KEY_LENGTH = 255
_PATH_LENGTH = 1024
# Larger answers are not kept: the request would be executed again.
_ANSWER_BYTES = 8 * 1024 * 1024
# Longer than a client goes on asking: four attempts of 30 s and the pauses between them.
SECRETS_S = 300.0

Result = TypeVar("Result")


class Idempotency:
    def __init__(self, app: ASGIApp, *, db: Database, wait_s: float = WAIT_S) -> None:
        self.app = app
        self._db = db
        self._wait_s = wait_s
        self._next_sweep = time.monotonic()
        self._secrets: dict[RequestKey, tuple[float, Answer]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = _request_key(scope) if scope["type"] == "http" else None
        if request is None:
            await self.app(scope, receive, send)
            return
        outcome = await self._claim(request)
        if isinstance(outcome, Answer):
            await _send(send, self._secret_answer(request) or outcome)
            return
        await self._execute(request, scope, receive, send)

    async def _claim(self, request: RequestKey) -> Claimed | Answer:
        deadline = time.monotonic() + self._wait_s
        pause = _POLL_S
        while True:
            outcome = await self._in_transaction(lambda conn: idempotency.claim(conn, request))
            if isinstance(outcome, OtherRequest):
                raise IdempotencyKeyReused(request.key)
            if not isinstance(outcome, Running):
                await self._sweep()
                return outcome
            if time.monotonic() >= deadline:
                raise StillRunning(request.key)
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _POLL_SLOWEST_S)

    async def _execute(self, request: RequestKey, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request; what it answers is stored before it is sent, so nobody sees an answer that is then lost."""
        messages: list[Message] = []
        size = 0
        is_streaming = False

        async def collect(message: Message) -> None:
            nonlocal size, is_streaming
            size += len(message.get("body", b""))
            messages.append(message)
            if is_streaming or size > _ANSWER_BYTES:
                is_streaming = True
                await _flush(messages, send)

        alive = asyncio.create_task(self._keep_alive(request))
        answer: Answer | None = None
        try:
            await self.app(scope, receive, collect)
            answer = None if is_streaming else _answer(messages)
        finally:
            alive.cancel()
            if answer is None:
                await self._in_transaction(lambda conn: idempotency.abandon(conn, request))
        if answer is not None:
            stored = answer
            if _is_secret(messages):
                self._keep_secret(request, answer)
                stored = _NOT_WRITTEN
            await self._in_transaction(lambda conn: idempotency.complete(conn, request, stored))
        await _flush(messages, send)

    def _keep_secret(self, request: RequestKey, answer: Answer) -> None:
        moment = time.monotonic()
        self._secrets = {key: value for key, value in self._secrets.items() if value[0] > moment}
        self._secrets[request] = (moment + SECRETS_S, answer)

    def _secret_answer(self, request: RequestKey) -> Answer | None:
        until, answer = self._secrets.get(request, (0.0, None))
        return answer if until > time.monotonic() else None

    async def _keep_alive(self, request: RequestKey) -> None:
        while True:
            await asyncio.sleep(idempotency.CLAIM.total_seconds() / 4)
            await self._in_transaction(lambda conn: idempotency.extend(conn, request))

    async def _sweep(self) -> None:
        if time.monotonic() < self._next_sweep:
            return
        self._next_sweep = time.monotonic() + _SWEEP_EVERY_S
        while await self._in_transaction(idempotency.forget_old):
            pass

    async def _in_transaction(self, action: Callable[[Connection], Result]) -> Result:
        def run() -> Result:
            with self._db.write() as conn:
                return action(conn)

        return await to_thread.run_sync(run)


class IdempotencyKeyReused(Unprocessable):
    code = "idempotency_key_reused"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"The idempotency key {key!r} cannot be used for this request",
            why="it was sent with another body before",
            fix="Make a new key for every request; repeat one only to repeat the very same request.",
        )


class StillRunning(Unavailable):
    code = "still_running"

    def __init__(self, key: str) -> None:
        super().__init__(
            "The first request with this idempotency key is still running",
            why=f"it was sent with the key {key!r} and has not been answered yet",
            fix="Send the same request with the same key again to get its answer.",
        )


class AnswerNotKept(Conflict):
    code = "answer_not_kept"

    def __init__(self) -> None:
        super().__init__(
            "This request was done, and its answer cannot be given again",
            why="it holds a secret, which the server does not keep",
            fix="Look at the list of what it made; delete that and send a new request.",
        )


def _request_key(scope: Scope) -> RequestKey | None:
    """Return the key of a request that is to be remembered, None for any other."""
    if scope["method"] not in METHODS or "body" not in scope or scope.get("actor") is None:
        return None
    key = Headers(scope=scope).get("idempotency-key", "").strip()
    if not key:
        return None
    if len(key) > _KEY_LENGTH:
        raise BadRequest(
            "The idempotency key is too long",
            why=f"it has {len(key)} characters and may have {_KEY_LENGTH}",
            fix="Send a UUID.",
        )
    # The query and the whole path are hashed too: the path's column is cut to its length. So is who asks: nobody gets
    # an answer that was another's.
    actor = cast("Actor", scope["actor"])
    identity = b"\n".join(
        (scope["path"].encode(), cast("bytes", scope["query_string"]), cast("bytes", scope["body"]), actor.id.encode())
    )
    return RequestKey(
        organization_id=actor.organization_id,
        key=key,
        method=scope["method"],
        path=scope["path"][:_PATH_LENGTH],
        body_sha256=hashlib.sha256(identity).hexdigest(),
    )


def _answer(messages: list[Message]) -> Answer | None:
    """Return what is worth remembering: 2xx and 4xx, but not what the client retries with the same key."""
    if not messages:
        return None
    status = cast("int", messages[0]["status"])
    if not (200 <= status < 300 or 400 <= status < 500) or status in (408, 429):
        return None
    content_type = Headers(raw=list(messages[0].get("headers", ()))).get("content-type")
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return Answer(status_code=status, content_type=content_type, body=body)


def _is_secret(messages: list[Message]) -> bool:
    return "no-store" in Headers(raw=list(messages[0].get("headers", ()))).get("cache-control", "")


_NOT_WRITTEN = Answer(
    status_code=AnswerNotKept.status, content_type="application/json", body=orjson.dumps(AnswerNotKept().body())
)


async def _flush(messages: list[Message], send: Send) -> None:
    for message in messages:
        await send(message)
    messages.clear()


async def _send(send: Send, answer: Answer) -> None:
    headers = [
        (b"content-length", str(len(answer.body)).encode()),
        (b"idempotency-replayed", b"true"),
        (b"cache-control", b"no-store"),
    ]
    if answer.content_type:
        headers.append((b"content-type", answer.content_type.encode()))
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
