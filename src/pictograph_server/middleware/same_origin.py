"""Keeps other sites from acting for somebody who is signed in: browsers say where a request was made.

`Sec-Fetch-Site` and `Origin` are set by the browser and cannot be set by a page
(https://www.w3.org/TR/fetch-metadata/, https://fetch.spec.whatwg.org/#origin-header).
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from pictograph_server.errors import Forbidden

_HARMLESS = ("GET", "HEAD", "OPTIONS")


class CrossSiteRequest(Forbidden):
    code = "cross_site_request"

    def __init__(self, why: str) -> None:
        super().__init__(
            "This request was not made by Pictograph's own pages",
            why=why,
            fix="Use the web app at the server's own address. Programs send an API key in X-API-Key and no cookie.",
        )


def require_same_origin(scope: Scope, public_url: str | None, *, has_cookie: bool) -> None:
    """Refuse a request that changes something and was made by a page of another site.

    Args:
        has_cookie: it acts for somebody who is signed in, so it has to say where it comes from.
    Raises:
        CrossSiteRequest: it comes from elsewhere, or does not say.
    """
    if scope["method"] in _HARMLESS:
        return
    headers = Headers(scope=scope)
    site = headers.get("sec-fetch-site")
    if site is not None:
        # `none`: typed or bookmarked by the person.
        if site not in ("same-origin", "none"):
            raise CrossSiteRequest(f"the browser says that it is {site}")
        return
    origin = headers.get("origin")
    if origin is None:
        if has_cookie:
            raise CrossSiteRequest("it carries a cookie and neither Sec-Fetch-Site nor Origin")
        return
    host = urlsplit(origin).netloc.lower()
    ours = {headers.get("host", "").lower()} | ({urlsplit(public_url).netloc.lower()} if public_url else set[str]())
    if not host or host not in ours:
        raise CrossSiteRequest(f"it was made by a page of {origin[:100]!r}")
