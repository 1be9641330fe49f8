"""Every method of the client, called with every argument, against a server made of its own OpenAPI document.

What it asked for is recorded: operations, query parameters and fields of bodies. Nothing here names a method or an
operation, so that what is added to the one or the other is seen without a change here.
"""

import contextlib
import inspect
import json
import re
import threading
import types
import typing
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx2
from PIL import Image
from pydantic import BaseModel, SecretStr

from pictograph import Client
from pictograph._http.retry import RetryPolicy
from pictograph._http.transport import Transport
from pictograph._internal.config import ClientConfig
from pictograph.exceptions import PictographError

BASE_URL = "http://mock.test"
# Arguments that are about how the client works, and not about what it asks for; seconds are short here.
_OWN_ARGUMENTS = {"timeout": 0.01, "poll_interval": 0.01, "max_workers": 1, "page_size": 2, "max_total": 3}
_MOST_ITEMS = 5
# Some methods ask until there is nothing left to do, and examples never say that.
_MOST_REQUESTS = 20
_ID = "12345678-1234-4234-8234-123456789012"
# Where the next page begins; lists have two.
_NEXT_PAGE = frozenset({"next", "next_cursor"})
# From this depth on an example has what it must have alone: what refers to itself ends somewhere.
_ONLY_REQUIRED = 5


@dataclass(frozen=True)
class Operation:
    """`GET /api/v1/developer/images/`, with what it takes besides the path."""

    method: str
    path: str
    query: frozenset[str]
    body: frozenset[str]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Asked:
    """What the client asked for: of each operation the query parameters and the fields of the body."""

    query: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    body: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    # Requests that the document knows nothing of.
    unknown: set[str] = field(default_factory=set[str])


def operations_of(document: Mapping[str, Any]) -> list[Operation]:
    """Return the operations of an OpenAPI document."""
    found: list[Operation] = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            query = {each["name"] for each in operation.get("parameters", []) if each["in"] == "query"}
            content = operation.get("requestBody", {}).get("content", {})
            body = {name for each in content.values() for name in _fields(document, each.get("schema", {}))}
            found.append(Operation(method.upper(), path, frozenset(query), frozenset(body)))
    return found


def walk_client(document: Mapping[str, Any], folder: Path) -> Asked:
    """Call every public method of every resource, with all its arguments, with each left out, and with none."""
    server = _Server(document)
    config = ClientConfig(api_key=SecretStr("pk_live_" + "0" * 32), base_url=BASE_URL, max_retries=0)
    transport = Transport(config, network=httpx2.MockTransport(server.answer), retry=RetryPolicy(max_retries=0))
    with Client.over(transport) as client:
        for name, resource in vars(client).items():
            if name.startswith("_"):
                continue
            for method_name, method in inspect.getmembers(resource, inspect.ismethod):
                if not method_name.startswith("_"):
                    _call_every_way(method, folder, server)
    return server.asked


def _call_every_way(method: Callable[..., Any], folder: Path, server: "_Server") -> None:
    required, optional = _arguments(method, folder)
    # What is about waiting is always given: nobody waits for half an hour here.
    required |= {name: optional.pop(name) for name in _OWN_ARGUMENTS if name in optional}
    ways = [required | optional, required]
    ways += [required | {name: value for name, value in optional.items() if name != left} for left in optional]
    for arguments in ways:
        server.requests_left = _MOST_REQUESTS
        # The answers are made up, so the client may well refuse to go on; what it has asked is recorded.
        with contextlib.suppress(PictographError, ValueError, LookupError, OSError, ImportError):
            result = method(**arguments)
            if isinstance(result, Iterable) and not isinstance(result, str | bytes | BaseModel):
                list(islice(typing.cast("Iterable[object]", result), _MOST_ITEMS))


# --- arguments ---


def _arguments(method: Callable[..., Any], folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the required and the optional arguments of a method, each with a value of its type."""
    required: dict[str, Any] = {}
    optional: dict[str, Any] = {}
    for name, parameter in inspect.signature(method).parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            optional |= _keywords(parameter.annotation, folder)
        elif name != "sleep":
            value = _OWN_ARGUMENTS.get(name) or _place(name, folder) or _value(parameter.annotation, folder)
            (required if parameter.default is inspect.Parameter.empty else optional)[name] = value
    return required, optional


def _keywords(hint: Any, folder: Path) -> dict[str, Any]:
    """Return the keywords of `**filters: Unpack[ImageFilter]`."""
    if typing.get_origin(hint) is not typing.Unpack:
        return {}
    fields = typing.get_type_hints(typing.get_args(hint)[0])
    return {name: _value(each, folder) for name, each in fields.items()}


def _value(hint: Any, folder: Path) -> Any:
    """Return a value of a type."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return inner[0]
    if origin in (typing.Union, types.UnionType):
        # A path is a file that is there; a text need not be.
        chosen = [each for each in inner if each is not type(None)]
        return _value(Path if Path in chosen else chosen[0], folder)
    if origin is typing.Annotated:
        return _value(inner[0], folder)
    if hint is Path:
        return _image(folder)
    if origin is tuple:
        return tuple(_value(each, folder) for each in inner)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"x": _value(inner[1], folder)}
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return [_value(inner[0], folder)]
    if origin is not None and getattr(origin, "__name__", "") == "Callable":
        return _ignore
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        schema = hint.model_json_schema()
        return hint.model_validate(_example(schema, schema, depth=_ONLY_REQUIRED))
    if dataclass_fields := getattr(hint, "__dataclass_fields__", None):
        hints = typing.get_type_hints(hint)
        return hint(**{name: _value(hints[name], folder) for name in dataclass_fields})
    # An id is asked for as one; a name may look like one.
    return {str: _ID, int: 1, float: 0.5, bool: True, bytes: b"x", datetime: datetime(2026, 1, 1)}.get(hint)


def _ignore(*_: object) -> None:
    """Stand for any function that the client calls back."""


def _place(name: str, folder: Path) -> Path | None:
    """Return where an argument of this name has things written, if it is one of those."""
    return {"output_dir": folder / "written", "root": folder / "kept", "output_path": folder / "file"}.get(name)


def _image(folder: Path) -> Path:
    path = folder / "picture.png"
    if not path.exists():
        Image.new("RGB", (8, 6)).save(path)
    return path


# --- answers ---


class _Server:
    """Answers with an example of what the document says, and keeps what was asked."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.asked = Asked()
        self.requests_left = _MOST_REQUESTS
        self._document = document
        self._lock = threading.Lock()
        self._answered = Counter[str]()
        # Words before placeholders: `/training/check` is no run.
        self._operations = sorted(operations_of(document), key=lambda each: each.path.count("{"))
        self._patterns = {
            each.path: re.compile(re.sub(r"\\{[^/]+\\}", "[^/]+", re.escape(each.path))) for each in self._operations
        }

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.raw_path.decode().split("?")[0]
        query = set(parse_qs(request.url.query.decode(), keep_blank_values=True))
        operation = next(
            (
                each
                for each in self._operations
                if each.method == request.method and self._patterns[each.path].fullmatch(path)
            ),
            None,
        )
        body = _sent_fields(request)
        with self._lock:
            self.requests_left -= 1
            if self.requests_left < 0:
                return httpx2.Response(400, json={"detail": "enough", "code": "enough"})
            if operation is None:
                self.asked.unknown.add(f"{request.method} {path}")
                return httpx2.Response(404, json={"detail": "not here", "code": "not_found"})
            self.asked.query.setdefault(str(operation), set()).update(query)
            self.asked.body.setdefault(str(operation), set()).update(body)
            self.asked.unknown |= {f"{operation}?{name}" for name in query - operation.query}
            self.asked.unknown |= {f"{operation} {{{name}}}" for name in body - operation.body}
        if path.endswith("/events"):
            return httpx2.Response(
                200, content=b"event: end\ndata: {}\n\n", headers={"Content-Type": "text/event-stream"}
            )
        return self._example_answer(operation)

    def _example_answer(self, operation: Operation) -> httpx2.Response:
        responses = self._document["paths"][operation.path][operation.method.lower()]["responses"]
        status = next(status for status in responses if status.startswith("2"))
        content = responses[status].get("content", {})
        if "application/json" not in content:
            return httpx2.Response(int(status), content=b"")
        example = _example(self._document, content["application/json"].get("schema", {}))
        self._answered[str(operation)] += 1
        if isinstance(example, dict) and self._answered[str(operation)] % 2 == 0:
            example |= dict.fromkeys(_NEXT_PAGE & set(example))
        return httpx2.Response(int(status), json=example)


def _sent_fields(request: httpx2.Request) -> set[str]:
    kind = request.headers.get("Content-Type", "")
    sent = request.read()
    if kind.startswith("application/json"):
        decoded = json.loads(sent)
        return set(decoded) if isinstance(decoded, dict) else set()
    if kind.startswith("application/x-www-form-urlencoded"):
        return set(parse_qs(sent.decode(), keep_blank_values=True))
    if kind.startswith("multipart/form-data"):
        return set(re.findall(r'form-data; name="([^"]+)"', sent.decode("latin-1")))
    return set()


# --- JSON schemas ---


def _fields(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of an object's properties."""
    schema = _resolved(document, schema)
    for part in [*schema.get("anyOf", []), *schema.get("oneOf", []), *schema.get("allOf", [])]:
        yield from _fields(document, part)
    yield from schema.get("properties", {})


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        found: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        schema = found
    return schema


def _example(document: Mapping[str, Any], schema: Mapping[str, Any], name: str = "", depth: int = 0) -> Any:
    """Return a document that fulfils a schema, as far as these documents say things."""
    schema = _resolved(document, schema)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            there = [each for each in schema[several] if each.get("type") != "null"]
            return _example(document, there[0], name, depth + 1)
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        optional = depth < _ONLY_REQUIRED
        return {
            key: _example(document, each, key, depth + 1)
            for key, each in schema.get("properties", {}).items()
            if optional or key in schema.get("required", [])
        }
    if kind == "array":
        length = max(schema.get("minItems", 1), 1)
        inner = schema.get("items") or {"type": "number"}
        return [_example(document, inner, name, depth + 1) for _ in range(length)] if depth < 2 * _ONLY_REQUIRED else []
    if kind in ("integer", "number"):
        least = schema.get("minimum", schema.get("exclusiveMinimum", 0))
        return max(1, least)
    if kind == "boolean":
        return True
    if name == "annotation_url":
        return f"{BASE_URL}/api/v1/developer/annotations/{_ID}/file"
    if name.endswith("url"):
        return f"{BASE_URL}/{'uploads' if name.startswith('upload') else 'files'}/token"
    if schema.get("format") == "date-time":
        return "2026-01-01T00:00:00Z"
    if schema.get("format") == "date":
        return "2026-01-01"
    if schema.get("format") == "uuid":
        return _ID
    return "x" if kind == "string" else {}
