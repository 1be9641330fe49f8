"""Requests that the server makes for somebody else: pinned to one checked address, every redirect checked, all capped.

On `http.client`: it lets us connect to the address we checked while TLS still proves the name. No proxy is used.
"""

import http.client
import json
import socket
import ssl
import sys
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from .addresses import AddressRefused, Network, Resolve, TooSlowToResolve, allowed_address

Method = Literal["GET", "POST"]
_CHUNK_BYTES = 256 * 1024
_ERROR_BYTES = 64 * 1024
_MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What is safe to leave as it is in the path and query of an address that was written by hand.
_SAFE = "/:@!$&'()*+,;=~-._%?"


class FetchError(Exception):
    """There is no useful answer; the message says why, without the address's query and without any key."""


class FetchRefused(FetchError):
    """The address may not be fetched: not public, not http, or too many redirects."""


class BadStatus(FetchError):
    """The answer is an error of the other side. `body` is its beginning."""

    def __init__(self, status: int, where: str, body: bytes) -> None:
        super().__init__(f"{where} answered with status {status}")
        self.status = status
        self.body = body


class TooLarge(FetchError):
    """The answer has more bytes than are taken."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer, read whole."""

    status: int
    body: bytes

    def json(self) -> Any:
        """Raises FetchError when the body is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise FetchError("the answer is not JSON") from None


@dataclass(frozen=True)
class Fetcher:
    """Fetches addresses that users and other services name.

    Args:
        allowed: private networks that may be fetched from.
        timeout_s: for resolving the name, for connecting, and for each time that nothing arrives.
        deadline_s: for one call as a whole, names, redirects and body included.
    """

    allowed: Sequence[Network] = ()
    timeout_s: float = 10.0
    deadline_s: float = 25.0
    resolve: Resolve | None = None
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)

    def request(
        self,
        url: str,
        *,
        method: Method = "GET",
        json_body: object = None,
        secret_headers: Mapping[str, str] | None = None,
        max_bytes: int = 64 * 1024 * 1024,
    ) -> Answer:
        """Return the answer of a 2xx status, whole.

        Args:
            secret_headers: credentials; they do not follow a redirect to another origin.
        Raises:
            FetchError: there is none; its kinds say more.
        """
        body = None if json_body is None else json.dumps(json_body).encode()
        with self._opened(url, method, body, secret_headers or {}) as (response, deadline):
            return Answer(response.status, b"".join(_chunks(response, deadline, max_bytes)))

    def download(
        self, url: str, target: Path, *, max_bytes: int, secret_headers: Mapping[str, str] | None = None
    ) -> int:
        """Write the body of an address to a file, which appears whole or not at all; return its bytes.

        Raises:
            FetchError: see `request`.
        """
        part = target.with_name(target.name + ".part")
        size = 0
        try:
            with self._opened(url, "GET", None, secret_headers or {}) as (response, deadline), part.open("wb") as file:
                for chunk in _chunks(response, deadline, max_bytes):
                    size += file.write(chunk)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return size

    @contextmanager
    def _opened(
        self, url: str, method: Method, body: bytes | None, secret_headers: Mapping[str, str]
    ) -> Generator[tuple[http.client.HTTPResponse, float]]:
        """Follow redirects to an answer of a 2xx status and lend it, with the moment by which all must be read."""
        deadline = time.monotonic() + self.deadline_s
        first = _split(url)
        for _ in range(_MAX_REDIRECTS + 1):
            parts = _split(url)
            headers = dict(secret_headers) if _origin(parts) == _origin(first) else {}
            connection = self._connect(parts, deadline)
            try:
                response = _ask(connection, parts, method, body, headers)
                location = response.getheader("Location")
                if response.status in _REDIRECTS and location:
                    url = urljoin(url, location)
                    if response.status == 303 or (response.status in (301, 302) and method == "POST"):
                        method, body = "GET", None
                    continue
                if not 200 <= response.status < 300:
                    raise BadStatus(response.status, _where(parts), _beginning(response, deadline))
                yield response, deadline
                return
            finally:
                connection.close()
        raise FetchRefused(f"{_where(first)} redirects more than {_MAX_REDIRECTS} times")

    def _connect(self, parts: SplitResult, deadline: float) -> http.client.HTTPConnection:
        host, port = parts.hostname or "", _port(parts)
        left = self._left(parts, deadline)
        try:
            address = allowed_address(host, port, self.allowed, resolve=self.resolve, timeout_s=left)
        except AddressRefused as refused:
            raise FetchRefused(f"{_where(parts)} cannot be fetched: {refused}") from None
        except TooSlowToResolve:
            raise FetchError(
                f"{_where(parts)} cannot be reached: the name service took longer than {left:.3g} s"
            ) from None
        try:
            raw = socket.create_connection((address, port), timeout=self._left(parts, deadline))
        except OSError as error:
            raise FetchError(f"{_where(parts)} cannot be reached: {_words(error)}") from None
        connection = http.client.HTTPConnection(host, port)
        connection.sock = raw
        try:
            if parts.scheme == "https":
                # The whole handshake has this long, not each step of it.
                raw.settimeout(self._left(parts, deadline))
                connection.sock = self.tls.wrap_socket(raw, server_hostname=host)
            connection.sock.settimeout(self._left(parts, deadline))
        except (OSError, ValueError) as error:
            raw.close()
            raise FetchError(f"{_where(parts)} cannot be reached: {_words(error)}") from None
        except FetchError:
            connection.close()
            raise
        return connection

    def _left(self, parts: SplitResult, deadline: float) -> float:
        """Return how long the next step may take."""
        left = min(self.timeout_s, deadline - time.monotonic())
        if left <= 0:
            raise FetchError(f"{_where(parts)} took longer than {self.deadline_s:g} s")
        return left


def _ask(
    connection: http.client.HTTPConnection,
    parts: SplitResult,
    method: Method,
    body: bytes | None,
    headers: Mapping[str, str],
) -> http.client.HTTPResponse:
    path = quote(parts.path or "/", safe=_SAFE) + (f"?{quote(parts.query, safe=_SAFE)}" if parts.query else "")
    sent = {"Host": parts.netloc.rpartition("@")[2], "User-Agent": "pictograph-server", "Accept": "*/*"}
    if body is not None:
        sent["Content-Type"] = "application/json"
    try:
        connection.request(method, path, body=body, headers={**sent, **headers})
        return connection.getresponse()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise FetchError(f"{_where(parts)} did not answer: {_words(error)}") from None


def _chunks(response: http.client.HTTPResponse, deadline: float, max_bytes: int) -> Iterator[bytes]:
    announced = response.length
    if announced is not None and announced > max_bytes:
        raise TooLarge(f"the answer has {announced:,} bytes and {max_bytes:,} are taken")
    size = 0
    while True:
        if time.monotonic() > deadline:
            raise FetchError("the answer took too long")
        try:
            chunk = response.read1(_CHUNK_BYTES)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise FetchError(f"the answer broke off: {_words(error)}") from None
        if not chunk:
            if announced is not None and size != announced:
                raise FetchError(f"the answer broke off after {size:,} of {announced:,} bytes")
            return
        size += len(chunk)
        if size > max_bytes:
            raise TooLarge(f"the answer has more than {max_bytes:,} bytes")
        yield chunk


def _beginning(response: http.client.HTTPResponse, deadline: float) -> bytes:
    """Return what can be had of the first bytes: the words of an error."""
    beginning = b""
    with suppress(FetchError):
        for chunk in _chunks(response, deadline, sys.maxsize):
            beginning += chunk
            if len(beginning) >= _ERROR_BYTES:
                break
    return beginning[:_ERROR_BYTES]


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        raise FetchRefused("the address is malformed") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_fine:
        raise FetchRefused(f"only http and https addresses are fetched, not {parts.scheme or 'such'}: ones")
    if parts.username is not None or parts.password is not None:
        raise FetchRefused("an address that holds a user name or a password is not fetched")
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _origin(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, _port(parts)


def _where(parts: SplitResult) -> str:
    """Return the address for people: without its query, which may hold a key."""
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, http.client.HTTPException):
        return str(error) or type(error).__name__
    # Others quote what was sent, and that may be a key.
    return "the request cannot be written as HTTP" if isinstance(error, ValueError) else type(error).__name__
