"""A small HTTP server in a thread that answers from a table: another service, for tests of what the server fetches."""

import json
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: JSON, or bytes. `announce` is a Content-Length that need not be true."""

    status: int = 200
    json: Any = None
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    announce: int | None = None


Answer = Callable[[Asked], Said]


class StandIn:
    """Another service at `url`. What is not in the table is answered with 404."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._answers: dict[tuple[str, str], Said | Answer] = {}
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stand_in.answer(self)

            def do_POST(self) -> None:
                stand_in.answer(self)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def on(self, method: str, path: str, answer: Said | Answer) -> None:
        self._answers[method, path] = answer

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        asked = Asked(handler.command, parts.path, parse_qs(parts.query), headers, body)
        self.asked.append(asked)
        found = self._answers.get((handler.command, parts.path), Said(404, json={"error": "no such thing"}))
        said = found if isinstance(found, Said) else found(asked)
        content = said.content if said.content is not None else json.dumps(said.json).encode()
        handler.send_response(said.status)
        for name, value in said.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content) if said.announce is None else said.announce))
        handler.end_headers()
        handler.wfile.write(content)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Let nobody in any more. Twice is as good as once."""
        if not self._thread.is_alive():
            return
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def stand_in() -> Generator[StandIn]:
    """Run a stand-in while the block lasts."""
    service = StandIn()
    service.start()
    try:
        yield service
    finally:
        service.stop()
