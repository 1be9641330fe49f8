"""`/docs`: the API for people to read, made from its OpenAPI document. Without scripts and from here alone (R15)."""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

# A part of an OpenAPI document.
Node = Mapping[str, Any]

_METHODS = ("get", "post", "put", "patch", "delete")
_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code{font:13px ui-monospace,monospace}nav a{margin-right:1rem}"
    "details{border:1px solid #8886;border-radius:6px;margin:.4rem 0;padding:.4rem .8rem}summary{cursor:pointer}"
    "b.m{display:inline-block;width:4.2rem}table{border-collapse:collapse;margin:.5rem 0}"
    "td,th{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #8883}"
)
_CSP = (
    "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    + "'"
)


@router.get("/docs")
def read_reference(request: Request) -> HTMLResponse:
    return HTMLResponse(_page(request.app.openapi()), headers={"Content-Security-Policy": _CSP})


def _page(document: Node) -> str:
    groups: dict[str, list[str]] = {}
    for path, method, operation in _operations(document):
        groups.setdefault(operation.get("tags", ["other"])[0], []).append(_operation(path, method, operation))
    title = f"{document['info']['title']} {document['info']['version']}"
    nav = " ".join(f'<a href="#{_anchor(name)}">{escape(name)}</a>' for name in [*groups, "schemas"])
    body = "".join(f'<h2 id="{_anchor(name)}">{escape(name)}</h2>{"".join(each)}' for name, each in groups.items())
    schemas = "".join(_schema(name, schema) for name, schema in sorted(document["components"]["schemas"].items()))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}: API</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        f"<h1>{escape(title)}: API</h1><p>For programs: <a href='/openapi.json'>openapi.json</a>. "
        f"Requests carry a key in the header <code>X-API-Key</code>.</p><nav>{nav}</nav>{body}"
        f"<h2 id='schemas'>schemas</h2>{schemas}</body></html>"
    )


def _operations(document: Node) -> Iterator[tuple[str, str, Node]]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def _operation(path: str, method: str, operation: Node) -> str:
    parameters = [
        (
            escape(f"{each['name']} ({each['in']})"),
            _type(each.get("schema", {})),
            "yes" if each.get("required") else "",
            "",
        )
        for each in operation.get("parameters", ())
    ]
    bodies = [(kind, _type(each.get("schema", {}))) for kind, each in _content(operation.get("requestBody"))]
    answers = [
        (
            status,
            f"{escape(each.get('description', ''))} {', '.join(_type(c.get('schema', {})) for _, c in _content(each))}",
        )
        for status, each in operation.get("responses", {}).items()
    ]
    return (
        f"<details><summary><b class='m'>{method.upper()}</b> <code>{escape(path)}</code> "
        f"{escape(operation.get('summary', ''))}</summary><p>{escape(operation.get('description', ''))}</p>"
        f"{_table(('parameter', 'type', 'required'), parameters)}{_table(('body', 'type'), bodies)}"
        f"{_table(('answer', ''), answers)}</details>"
    )


def _schema(name: str, schema: Node) -> str:
    required = schema.get("required", ())
    rows = [
        (escape(field), _type(each), "yes" if field in required else "", escape(each.get("description", "")))
        for field, each in schema.get("properties", {}).items()
    ]
    return (
        f'<details id="schema-{_anchor(name)}"><summary><code>{escape(name)}</code></summary>'
        f"<p>{escape(schema.get('description', ''))}</p>{_table(('field', 'type', 'required', ''), rows)}"
        f"{_words(schema)}</details>"
    )


def _words(schema: Node) -> str:
    return f"<p>{_type(schema)}</p>" if "properties" not in schema else ""


def _type(schema: Node) -> str:
    """Return a type in words, with links to the schemas it names."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#schema-{_anchor(name)}"><code>{escape(name)}</code></a>'
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return " or ".join(_type(each) for each in schema[word])
    if "enum" in schema:
        return ", ".join(f"<code>{escape(str(each))}</code>" for each in schema["enum"])
    if "const" in schema:
        return f"<code>{escape(str(schema['const']))}</code>"
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    limits = [f"{word} {schema[word]}" for word in ("default", "minimum", "maximum", "maxLength") if word in schema]
    return escape(" ".join([str(schema.get("type", "any")), *(f"({', '.join(limits)})" for _ in limits[:1])]))


def _content(part: Node | None) -> list[tuple[str, Node]]:
    return list((part or {}).get("content", {}).items())


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>{lines}</table>"


def _anchor(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name)
