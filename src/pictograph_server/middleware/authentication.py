"""Finds out who is asking before anything else is read, and counts their requests; all below /api/ needs a key."""

import time
from collections.abc import Callable
from datetime import timedelta

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from pictograph_server.auth import InvalidApiKey
from pictograph_server.middleware.rate_limit import RateLimits
from pictograph_server.services.organizations import service as organizations
from pictograph_server.services.organizations.service import KnownKey
from pictograph_server.storage.db.session import Database
from pictograph_server.storage.db.types import now

PROTECTED = "/api/"
# How long a key that was switched off may still work, at most.
CACHE_S = 2.0
_CACHED_KEYS = 10_000
_TOUCH_EVERY = timedelta(minutes=1)


class Authentication:
    """Puts the `Actor` of the header X-API-Key into the scope, or refuses with 401."""

    def __init__(self, app: ASGIApp, *, db: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self.app = app
        self._db = db
        self._clock = clock
        self._cache: dict[str, tuple[float, KnownKey]] = {}
        self._touched: dict[str, float] = {}
        self._limits = RateLimits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PROTECTED):
            known = await self._known(Headers(scope=scope).get("x-api-key", "").strip())
            scope["actor"] = known.actor
            scope["response_headers"] += self._limits.take(known.actor.id, known.rate_limit)
        await self.app(scope, receive, send)

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
