"""Finds out who is asking before anything else is read, and counts their requests: by key, or by session.

All below /api/ needs one of the two, but for the few addresses at which people come in.
"""

import time
from collections.abc import Callable
from datetime import timedelta

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pictograph_server.actor import Actor
from pictograph_server.auth import InvalidApiKey, NotSignedIn
from pictograph_server.jobs.starter import Starter, started_by
from pictograph_server.middleware.cookies import session_token
from pictograph_server.middleware.rate_limit import RateLimits
from pictograph_server.middleware.same_origin import require_same_origin
from pictograph_server.services.accounts import sessions
from pictograph_server.services.accounts.records import KnownSession
from pictograph_server.services.organizations import service as organizations
from pictograph_server.services.organizations.service import KnownKey
from pictograph_server.settings import Limits
from pictograph_server.storage.db.session import Database
from pictograph_server.storage.db.types import now

PROTECTED = "/api/"
# Where people come in. Each proves in its own way who they are.
OPEN = frozenset(
    {
        ("POST", "/api/v1/session"),
        ("DELETE", "/api/v1/session"),
        ("POST", "/api/v1/session/link"),
        ("GET", "/api/v1/session/options"),
        ("POST", "/api/v1/account/register"),
        ("POST", "/api/v1/account/password-link"),
        ("POST", "/api/v1/account/password"),
        ("POST", "/api/v1/account/email"),
        ("POST", "/api/v1/account/invite"),
        ("POST", "/api/v1/account/invite/accept"),
    }
)
# How long a key that was switched off through another server may still work, at most.
CACHE_S = 2.0
# What changes keys: a change made here holds from its answer on.
_CHANGE_KEYS = ("/api/v1/api-keys/", "/api/v1/developer/organizations/members/", "/api/v1/account/delete")
_CACHED_KEYS = 10_000
_TOUCH_EVERY = timedelta(minutes=1)


class Authentication:
    """Puts the `Actor` of the header X-API-Key, or of the cookie, into the scope, or refuses with 401.

    A person's `KnownSession` is there as `session`. Sessions are read at every request: who was signed out or moved to
    another organisation is so at once. What goes on for longer asks again with `confirm`: a body that is slow to come
    is that of who has the key, the session and the role when it is whole.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        db: Database,
        public_url: str | None = None,
        requests_per_hour: int = Limits.model_fields["requests_per_hour"].default,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.app = app
        self._db = db
        self._public_url = public_url
        self._requests_per_hour = requests_per_hour
        self._clock = clock
        self._cache: dict[str, tuple[float, KnownKey]] = {}
        self._touched: dict[str, float] = {}
        self._limits = RateLimits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PROTECTED):
            await self._authenticate(scope)
            receive = self._confirming(scope, receive)
            if scope["method"] not in ("GET", "HEAD") and scope["path"].startswith(_CHANGE_KEYS):
                send = self._forgetting(send)
            actor: Actor | None = scope.get("actor")
            with started_by(None if actor is None else Starter(actor.id, actor.name)):
                await self.app(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _confirming(self, scope: Scope, receive: Receive) -> Receive:
        """Look again who it is once a body is whole that was long on its way."""
        if "confirm" not in scope:
            return receive
        began = self._clock()

        async def receive_and_confirm() -> Message:
            message = await receive()
            is_last = message["type"] == "http.request" and not message.get("more_body", False)
            if is_last and self._clock() - began >= CACHE_S:
                await scope["confirm"]()
            return message

        return receive_and_confirm

    def _forgetting(self, send: Send) -> Send:
        """Look every key up again before the answer is out."""

        async def forget_first(message: Message) -> None:
            self._cache.clear()
            await send(message)

        return forget_first

    async def _authenticate(self, scope: Scope) -> None:
        is_open = (scope["method"], scope["path"].rstrip("/")) in OPEN
        key = Headers(scope=scope).get("x-api-key", "").strip()
        token = None if key else session_token(scope, self._public_url)
        if token is None and not is_open:

            async def confirm_key() -> KnownKey:
                known = await self._known(key)
                scope["actor"] = known.actor
                return known

            known = await confirm_key()
            scope["confirm"] = confirm_key
            scope["response_headers"] += self._limits.take(known.actor.id, known.rate_limit)
            return
        require_same_origin(scope, self._public_url, has_cookie=token is not None)
        session = None if token is None else await to_thread.run_sync(self._session, token)
        if token is None or session is None:
            if not is_open:
                raise NotSignedIn
            return

        async def confirm_session() -> None:
            found = await to_thread.run_sync(self._session, token)
            if found is None:
                raise NotSignedIn
            scope["session"], scope["actor"] = found, found.actor

        scope["session"], scope["actor"], scope["confirm"] = session, session.actor, confirm_session
        scope["response_headers"] += self._limits.take(session.actor.id, self._requests_per_hour)

    def _session(self, token: str) -> KnownSession | None:
        with self._db.read() as conn:
            session = sessions.find(conn, token)
        if session is not None and now() - session.last_used_at >= _TOUCH_EVERY:
            with self._db.write() as conn:
                sessions.touch(conn, session)
        return session

    async def _known(self, key: str) -> KnownKey:
        if not key:
            raise InvalidApiKey("the request carries none")
        digest = organizations.hash_key(key)
        cached = self._cache.get(digest)
        if cached is not None and self._clock() - cached[0] < CACHE_S:
            known = cached[1]
        else:
            known = await to_thread.run_sync(self._look_up, key)
            if len(self._cache) >= _CACHED_KEYS:
                self._cache.clear()
            self._cache[digest] = (self._clock(), known)
        refusal = known.why_refused(now())
        if refusal is not None:
            raise InvalidApiKey(refusal)
        return known

    def _look_up(self, key: str) -> KnownKey:
        with self._db.read() as conn:
            known = organizations.find_key(conn, key)
        if known is None:
            raise InvalidApiKey("this server does not know it")
        if known.why_refused(now()) is None:
            self._touch(known)
        return known

    def _touch(self, known: KnownKey) -> None:
        key_id = known.actor.id
        is_recent = known.last_used_at is not None and now() - known.last_used_at < _TOUCH_EVERY
        was_tried = self._clock() - self._touched.get(key_id, float("-inf")) < _TOUCH_EVERY.total_seconds()
        if is_recent or was_tried:
            return
        self._touched[key_id] = self._clock()
        with self._db.write() as conn:
            organizations.touch_key(conn, key_id)
