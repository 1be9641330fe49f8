"""The one way requests leave: headers, retries, idempotency keys, errors; and transfers to and from signed URLs."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx2
from pydantic import BaseModel
from pydantic import ValidationError as MalformedModel

from pictograph import __version__
from pictograph._http.events import ServerEvent, read_events
from pictograph._http.retry import RetryPolicy
from pictograph._internal.config import ClientConfig
from pictograph.exceptions import ApiError, NetworkError, RequestTimeoutError, ServerError, from_response

# A decoded JSON answer: the server's, so nothing about it is certain.
Json = Any
# Query values; a sequence becomes repeated keys, None is left out.
Params = Mapping[str, "str | int | float | bool | Sequence[str] | None"]
BytesProgress = Callable[[int, int], None]
M = TypeVar("M", bound=BaseModel)

DEVELOPER = "/api/v1/developer"
CHUNK_BYTES = 8 * 1024 * 1024
# The pool lets go of a connection before common servers do (5 s), so that a request rarely meets a closed one.
_LIMITS = httpx2.Limits(max_connections=20, max_keepalive_connections=10, keepalive_expiry=3.0)


def path_of(*segments: str) -> str:
    """Return the developer API's path of these segments, each quoted whole: `a/b#c` stays one segment.

    Raises:
        ValueError: a segment is empty; it would address the list instead of one thing.
    """
    if not all(segments):
        raise ValueError("a name or id must not be empty")
    return "/".join([DEVELOPER, *(_quote_segment(segment) for segment in segments)])


def _quote_segment(segment: str) -> str:
    if segment in {".", ".."}:
        # Percent-encoded dots are still resolved as dots, so such a name would address another path.
        return segment.replace(".", "%252E")
    return quote(segment, safe="")


class Transport:
    """A shared, thread-safe connection pool that speaks the API's conventions.

    Args:
        network: stands in for the network, for tests and proxies (`pictograph._http.mock.MockApi`).
        sleep: stands in for `time.sleep`; also the default of every waiting loop.
    """

    def __init__(
        self,
        config: ClientConfig,
        *,
        network: httpx2.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        retry: RetryPolicy | None = None,
    ) -> None:
        self.config = config
        self.sleep = sleep
        self._retry = retry or RetryPolicy(max_retries=config.max_retries)
        tls = httpx2.create_ssl_context()
        # The words in brackets tell us from the hosted service's client, whatever our version is.
        agent = {"User-Agent": f"pictograph-python/{__version__} (self-hosted)"}
        self._api = httpx2.Client(
            headers={**agent, "X-API-Key": config.api_key.get_secret_value(), "Accept": "application/json"},
            timeout=config.timeout,
            limits=_LIMITS,
            verify=tls,
            transport=network,
        )
        # Signed URLs carry their own authority: the key must never go to where they point.
        self._signed = httpx2.Client(timeout=config.timeout, limits=_LIMITS, verify=tls, transport=network)

    def close(self) -> None:
        """Close the connections. Closing again does nothing."""
        self._api.close()
        self._signed.close()

    def __enter__(self) -> "Transport":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- the API ---

    def get(self, path: str, *, params: Params | None = None) -> Json:
        return self.request("GET", path, params=params)

    def post(self, path: str, *, json: Json = None, form: Mapping[str, str] | None = None) -> Json:
        return self.request("POST", path, json=json, form=form)

    def patch(self, path: str, *, json: Json) -> Json:
        return self.request("PATCH", path, json=json)

    def delete(self, path: str, *, params: Params | None = None) -> Json:
        return self.request("DELETE", path, params=params)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: Json = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        content_type: str | None = None,
        file: tuple[str, bytes] | None = None,
        timeout_s: float | None = None,
    ) -> Json:
        """Return the decoded body of a 2xx answer; None for an empty one. Retries as `RetryPolicy` says.

        Raises:
            ApiError: the class for the status.
            NetworkError, RequestTimeoutError: no answer, also not to the retries.
        """
        headers: dict[str, str] = {"Content-Type": content_type} if content_type else {}
        if method in {"POST", "PUT", "PATCH"}:
            # Made once for all attempts: the server executes the first one it sees and replays the answer.
            headers["Idempotency-Key"] = uuid4().hex
        request = self._api.build_request(
            method,
            self.url(path),
            params=_query(params),
            json=json,
            data=form,
            content=content,
            # A name and bytes: multipart, beside what `form` has.
            files=None if file is None else {"file": file},
            headers=headers,
            timeout=timeout_s if timeout_s is not None else self.config.timeout,
        )
        return _decode(self._send_with_retries(request))

    def _send_with_retries(self, request: httpx2.Request) -> httpx2.Response:
        has_key = "Idempotency-Key" in request.headers
        attempt = 0
        while True:
            try:
                response = self._api.send(request)
            except httpx2.RequestError as error:
                delay = self._retry.delay(attempt, method=request.method, has_key=has_key, status=None)
                if delay is None:
                    raise _no_answer(request, error) from error
            else:
                if response.is_success:
                    return response
                delay = self._retry.delay(
                    attempt,
                    method=request.method,
                    has_key=has_key,
                    status=response.status_code,
                    headers=response.headers,
                )
                if delay is None:
                    raise error_of(response)
            self.sleep(delay)
            attempt += 1

    def url(self, path: str) -> str:
        """Return the URL of an API path on this server.

        Of an absolute URL only the path is used: the server may know itself by another name than the client does,
        and the key must go nowhere else.
        """
        if path.startswith(("http://", "https://")):
            path = "/api/v1/" + path.partition("/api/v1/")[2]
        return self.config.base_url + path

    def download(self, path: str, target: str | Path) -> Path:
        """Stream the bytes of an API path into a file, which appears whole or not at all. Not retried."""
        return self._stream_to_file(self._api, self.url(path), target, timeout_s=self.config.timeout, progress=None)

    def events(self, path: str, *, after: str | None = None, silence_s: float = 30.0) -> Iterator[ServerEvent]:
        """Yield the server-sent events of a path as they come, after the one whose id is `after`. Not retried.

        Raises:
            ApiError: the class for the status; also when the answer is no event stream, as from another server.
            NetworkError: there was no answer, or the stream broke or was silent for `silence_s` seconds.
        """
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-cache"}
        if after is not None:
            headers["Last-Event-ID"] = after
        timeout = httpx2.Timeout(self.config.timeout, read=silence_s)
        request = self._api.build_request("GET", self.url(path), headers=headers, timeout=timeout)
        try:
            response = self._api.send(request, stream=True)
            with contextlib.closing(response):
                if not response.is_success:
                    response.read()
                    raise error_of(response)
                if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
                    raise _unexpected("The server's answer is no event stream", response.headers.get("Content-Type"))
                yield from read_events(response.iter_lines())
        except httpx2.RequestError as error:
            raise _no_answer(request, error) from error
        except ValueError as error:
            raise _unexpected(f"An event of the server is not JSON: {error}", None) from error

    # --- signed URLs ---

    def fetch_signed(
        self, url: str, target: str | Path, *, progress: BytesProgress | None = None, read_timeout_s: float = 600.0
    ) -> Path:
        """Stream a signed URL into a file, without the key; the file appears whole or not at all. Not retried."""
        return self._stream_to_file(self._signed, url, target, timeout_s=read_timeout_s, progress=progress)

    def fetch_rest(
        self,
        url: str,
        partial: Path,
        *,
        with_key: bool = False,
        on_bytes: Callable[[int], None] | None = None,
        read_timeout_s: float = 300.0,
    ) -> None:
        """Bring into a file what it lacks of a URL's bytes. Not retried; what came stays.

        A server that sends all from the start is taken at its word: the file begins anew.

        Args:
            with_key: the URL is one of the API's, not a signed one.
            on_bytes: is told how many bytes came, piece by piece.
        Raises:
            ApiError: the answer is no success; 416 when the file is not shorter than what there is.
            NetworkError: there was no answer, or it broke off.
        """
        client = self._api if with_key else self._signed
        start = partial.stat().st_size if partial.exists() else 0
        # The pieces are those of the file, not of something that is compressed on the way.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        timeout = httpx2.Timeout(self.config.timeout, read=read_timeout_s)
        request = client.build_request("GET", url, headers=headers, timeout=timeout)
        try:
            response = client.send(request, stream=True)
            with contextlib.closing(response):
                if not response.is_success:
                    response.read()
                    raise error_of(response)
                is_rest = response.status_code == 206
                if is_rest and not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
                    raise ServerError(f"GET {url} was answered with other bytes than those asked for")
                with partial.open("ab" if is_rest else "wb") as file:
                    for chunk in response.iter_bytes(1024 * 1024):
                        file.write(chunk)
                        if on_bytes is not None:
                            on_bytes(len(chunk))
        except httpx2.RequestError as error:
            raise _no_answer(request, error) from error

    def put_signed(
        self, url: str, source: Path, *, content_type: str, size_bytes: int, progress: BytesProgress | None = None
    ) -> None:
        """Stream a file to a signed URL, without the key. Not retried.

        Raises:
            ApiError: the answer is neither 200 nor 201.
            NetworkError: there was no answer.
        """
        timeout = httpx2.Timeout(self.config.timeout, read=300.0, write=300.0)
        headers = {"Content-Type": content_type, "Content-Length": str(size_bytes)}
        with source.open("rb") as file:
            body = _chunks(file, size_bytes, progress)
            request = self._signed.build_request("PUT", url, content=body, headers=headers, timeout=timeout)
            try:
                response = self._signed.send(request)
            except httpx2.RequestError as error:
                raise _no_answer(request, error) from error
        if response.status_code not in (200, 201):
            raise error_of(response)

    def _stream_to_file(
        self,
        client: httpx2.Client,
        url: str,
        target: str | Path,
        *,
        timeout_s: float,
        progress: BytesProgress | None,
    ) -> Path:
        path = Path(target).expanduser()
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".part")
        request = client.build_request("GET", url, timeout=httpx2.Timeout(self.config.timeout, read=timeout_s))
        try:
            response = client.send(request, stream=True)
            with contextlib.closing(response):
                if not response.is_success:
                    response.read()
                    raise error_of(response)
                total = int(response.headers.get("Content-Length") or 0)
                received = 0
                with partial.open("wb") as file:
                    for chunk in response.iter_bytes(1024 * 1024):
                        file.write(chunk)
                        received += len(chunk)
                        if progress is not None:
                            progress(received, total)
            partial.replace(path)
        except httpx2.RequestError as error:
            raise _no_answer(request, error) from error
        finally:
            partial.unlink(missing_ok=True)
        return path


def parse(model: type[M], document: Json) -> M:
    """Return the model of a decoded answer.

    Raises:
        ServerError: it does not fit; the document is in `response`.
    """
    try:
        return model.model_validate(document)
    except MalformedModel as error:
        raise _unexpected(
            f"The server's answer is not a {model.__name__}: {_first_problem(error)}", document
        ) from error


def member(document: Json, key: str) -> Json:
    """Return `document[key]`.

    Raises:
        ServerError: the answer is no object or lacks the key.
    """
    if not isinstance(document, dict) or key not in document:
        raise _unexpected(f"The server's answer lacks {key!r}", document)
    return document[key]  # pyright: ignore[reportUnknownVariableType]


def members(document: Json, key: str) -> list[Json]:
    """Return the list under `key`; empty when it is missing or null.

    Raises:
        ServerError: there is something else than a list.
    """
    value: Json = document.get(key) if isinstance(document, dict) else None  # pyright: ignore[reportUnknownMemberType]
    if value is None and isinstance(document, dict):
        return []
    if not isinstance(value, list):
        raise _unexpected(f"The server's answer has no list {key!r}", document)
    return value  # pyright: ignore[reportUnknownVariableType]


def error_of(response: httpx2.Response) -> ApiError:
    """Return the error for an answer that is not a success; its body must have been read."""
    try:
        body: Json = response.json() if response.content else None
    except ValueError:
        body = response.text
    return from_response(
        response.status_code, body=body, request_id=response.headers.get("X-Request-Id"), headers=response.headers
    )


def _decode(response: httpx2.Response) -> Json:
    if response.status_code == 204 or not response.content:
        return None
    try:
        return response.json()
    except ValueError as error:
        raise ServerError(
            f"{response.request.method} {response.request.url} was answered with something that is not JSON",
            status_code=response.status_code,
            request_id=response.headers.get("X-Request-Id"),
            response=response.text,
            fix="Check that `base_url` points at a Pictograph server and not at a web page or a proxy.",
        ) from error


def _unexpected(message: str, document: Json) -> ServerError:
    return ServerError(
        message,
        response=document,
        fix="The server may be of another version than this client: compare `pictograph --version` with the server's.",
    )


def _first_problem(error: MalformedModel) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]


def _no_answer(request: httpx2.Request, error: httpx2.RequestError) -> NetworkError:
    where = f"{request.method} {request.url.copy_with(query=None)}"
    if isinstance(error, httpx2.TimeoutException):
        return RequestTimeoutError(f"{where} took longer than the timeout ({type(error).__name__})")
    return NetworkError(f"{where} got no answer: {error or type(error).__name__}")


def _query(params: Params | None) -> dict[str, Any] | None:
    """Return the query without what is None; booleans become "true" and "false"."""
    if not params:
        return None
    present = {name: value for name, value in params.items() if value is not None}
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in present.items()}


def _chunks(file: BinaryIO, size_bytes: int, progress: BytesProgress | None) -> Iterator[bytes]:
    sent = 0
    while chunk := file.read(CHUNK_BYTES):
        yield chunk
        sent += len(chunk)
        if progress is not None:
            progress(sent, size_bytes)
