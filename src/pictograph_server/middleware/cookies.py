"""The cookie of a session: unreadable to scripts, kept from other sites, and only over TLS where there is TLS."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import Scope

from pictograph_server.settings import Settings

COOKIE = "pictograph_session"
# Browsers keep the prefix's promise: set over TLS, by this very host, for all of it.
SECURE_COOKIE = "__Host-pictograph_session"


def session_token(scope: Scope, public_url: str | None) -> str | None:
    """Return what the request's cookie holds, None without one."""
    name = SECURE_COOKIE if is_over_tls(scope, public_url) else COOKIE
    for header in Headers(scope=scope).getlist("cookie"):
        if token := cookie_parser(header).get(name):
            return token
    return None


def set_session(response: Response, scope: Scope, settings: Settings, token: str) -> None:
    """Have the browser keep the session's token."""
    is_secure = is_over_tls(scope, settings.public_url)
    response.set_cookie(
        SECURE_COOKIE if is_secure else COOKIE,
        token,
        max_age=settings.accounts.session_days * 86_400,
        path="/",
        secure=is_secure,
        httponly=True,
        samesite="lax",
    )


def clear_session(response: Response, scope: Scope, settings: Settings) -> None:
    """Have the browser forget it."""
    is_secure = is_over_tls(scope, settings.public_url)
    name = SECURE_COOKIE if is_secure else COOKIE
    response.delete_cookie(name, path="/", secure=is_secure, httponly=True, samesite="lax")


def is_over_tls(scope: Scope, public_url: str | None) -> bool:
    """Tell whether the browser came over TLS, which a proxy may have ended before us."""
    if scope["scheme"] == "https":
        return True
    if public_url is None or not public_url.startswith("https://"):
        return False
    return Headers(scope=scope).get("host", "").lower() == urlsplit(public_url).netloc.lower()
