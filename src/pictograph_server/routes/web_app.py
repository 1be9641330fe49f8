"""The web app: its built files at their names, and its page at every address that is nobody else's."""

import gzip
import mimetypes
import os
from functools import lru_cache
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

# Where `make web` puts what Vite built, and where the wheel carries it.
FOLDER = Path(__file__).parent.parent / "web_app"

# Addresses of programs: a mistyped one is answered with JSON, also in a browser.
_NOT_PAGES = ("/api/", "/files/", "/uploads/", "/assets/")
# Styles may be inline: the primitives of the interface set positions so. Scripts may not.
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_PAGE_HEADERS = {
    "Content-Security-Policy": _CSP,
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    # It names the files of this build; an old one would name files that are gone.
    "Cache-Control": "no-cache",
}
# Their names change with their content.
_ASSET_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable"}
# Theirs do not; a page that shows its icon twice need not ask twice.
_FILE_HEADERS = {"Cache-Control": "public, max-age=600"}
_COMPRESSED = frozenset({".js", ".css", ".html", ".svg", ".json"})
_NOT_BUILT = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>Pictograph</title><h1>The web app is not built here</h1>"
    "<p>This is a checkout without it: run <code>make web</code>, then load this page again. "
    "The API works without it: <a href=/docs>/docs</a>."
)


class WebFiles:
    """Answers the built files before any route is tried: a page asks for several at once, and waits for them."""

    def __init__(self, app: ASGIApp, folder: Path = FOLDER) -> None:
        self._app = app
        self._folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = self._answer(scope) if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") else None
        await (response or self._app)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response | None:
        # Looked up among the names there are: a path from outside never becomes a path here.
        name: str = scope["path"].removeprefix("/")
        is_asset, build = name.startswith("assets/"), _build(self._folder)
        if is_asset and name not in build.names:
            # Of a page that another process of this server answered, or one that was answered while it was built.
            build.look_again()
        if name not in build.names or name == "index.html":
            return None
        return _file(self._folder / name, scope, _ASSET_HEADERS if is_asset else _FILE_HEADERS)


class WebApp:
    """Answers with the page what no route matched: `otherwise` gets what is not for a browser."""

    def __init__(self, otherwise: ASGIApp, folder: Path = FOLDER) -> None:
        self._otherwise = otherwise
        self._folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = self._answer(scope) if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") else None
        await (response or self._otherwise)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response | None:
        path: str = scope["path"]
        if path.startswith(_NOT_PAGES) or "text/html" not in Headers(scope=scope).get("accept", ""):
            return None
        if not is_built(self._folder):
            return HTMLResponse(_NOT_BUILT, 503 if path == "/" else 404, headers=_PAGE_HEADERS)
        # Whoever runs `make web` beside a running server gets a page whose files it knows.
        _build(self._folder).look_again()
        return _file(self._folder / "index.html", scope, _PAGE_HEADERS)


def is_built(folder: Path) -> bool:
    """Return whether there is a web app in the folder."""
    return (folder / "index.html").is_file()


class _Build:
    """The names of a folder's files, read again after another build."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamp: tuple[int, int] | None = None
        self.names: frozenset[str] = frozenset()
        self.look_again()

    def look_again(self) -> None:
        """Read the names anew if there was a build since they were read; else it costs two looks at the disk."""
        stamp = (_changed_at(self._folder / "index.html"), _changed_at(self._folder / "assets"))
        if stamp == self._stamp:
            return
        # `walk` passes over what a build takes away meanwhile.
        self.names = frozenset(
            (Path(place) / filename).relative_to(self._folder).as_posix()
            for place, _, filenames in os.walk(self._folder)
            for filename in filenames
        )
        self._stamp = stamp


# A server has one folder; tests have several.
@lru_cache(maxsize=8)
def _build(folder: Path) -> _Build:
    return _Build(folder)


def _changed_at(path: Path) -> int:
    """Return when it changed last, in nanoseconds; 0 where nothing is there."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _file(path: Path, scope: Scope, headers: dict[str, str]) -> Response | None:
    """Return the file, or None where a build has just taken it away."""
    is_compressed = path.suffix in _COMPRESSED and "gzip" in Headers(scope=scope).get("accept-encoding", "")
    try:
        content = _bytes(path, path.stat().st_mtime_ns, is_compressed)
    except FileNotFoundError:
        return None
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    response = Response(content, media_type=media_type, headers={"Vary": "Accept-Encoding", **headers})
    if is_compressed:
        response.headers["Content-Encoding"] = "gzip"
    return response


@lru_cache(maxsize=256)
def _bytes(path: Path, _changed_at: int, is_compressed: bool) -> bytes:
    content = path.read_bytes()
    return gzip.compress(content, 9) if is_compressed else content
