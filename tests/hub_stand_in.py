"""A stand-in for the hub that `HF_ENDPOINT` can point at: it refuses, breaks off, or hands out a tiny repository."""

import hashlib
import json
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class HubStandIn:
    """How the hub behaves; may be changed while it runs."""

    # repository id -> file name -> content.
    repositories: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict[str, Mapping[str, bytes]])
    # Answers every request with this status when set, and with these headers.
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    # Accepts requests and never answers them.
    is_silent: bool = False
    # Hangs up after so many bytes of a weights file and, when set, answers nothing from then on.
    breaks_after: int | None = None
    goes_away: bool = False
    # What it was asked: "HEAD /facebook/sam3/resolve/main/config.json".
    asked: list[str] = field(default_factory=list[str])
    sent_bytes: int = 0
    # On the clock of the whole machine.
    broke_at: float = 0.0
    url: str = ""


@contextmanager
def hub_stand_in(hub: HubStandIn) -> Generator[HubStandIn]:
    """Serve until the block ends."""
    release = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub, "release": release}))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield hub
    finally:
        release.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: HubStandIn
    release: threading.Event
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self) -> None:
        hub = self.hub
        hub.asked.append(f"{self.command} {self.path}")
        if hub.is_silent:
            self.release.wait(30)
            self.close_connection = True
        elif hub.status is not None:
            self._send(hub.status, b"{}", dict(hub.headers))
        elif self.path.startswith("/api/models/"):
            self._describe(self.path.removeprefix("/api/models/").partition("?")[0])
        else:
            name, _, file = self.path.strip("/").partition("/resolve/")
            self._file(name, file.partition("/")[2])

    def _describe(self, path: str) -> None:
        name, rest = "/".join(path.split("/")[:2]), path.split("/")[2:]
        files = self.hub.repositories.get(name)
        if files is None:
            self._not_found()
        elif rest[:1] == ["tree"]:
            self._send_json(
                [{"type": "file", "path": file, "size": len(data), "oid": _oid(data)} for file, data in files.items()]
            )
        else:
            siblings = [{"rfilename": file, "size": len(data), "blobId": _oid(data)} for file, data in files.items()]
            self._send_json({"id": name, "modelId": name, "sha": COMMIT, "siblings": siblings})

    def _file(self, name: str, file: str) -> None:
        data = self.hub.repositories.get(name, {}).get(file)
        if data is None:
            self._not_found()
            return
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        headers = {"ETag": f'"{_oid(data)}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        breaks = self.hub.breaks_after
        if breaks is not None and self.command == "GET" and file.endswith(".safetensors"):
            self._break_off(data[start:], headers, breaks)
        else:
            self._send(206 if start else 200, data[start:], headers)

    def _break_off(self, data: bytes, headers: dict[str, str], after: int) -> None:
        self._head(200, len(data), headers)
        self.wfile.write(data[:after])
        self.wfile.flush()
        self.hub.broke_at = time.monotonic()
        if self.hub.goes_away:
            self.hub.is_silent = True
        self.close_connection = True

    def _not_found(self) -> None:
        self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    def _send_json(self, document: object) -> None:
        self._send(200, json.dumps(document).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self._head(status, len(data), headers)
        if self.command == "GET":
            self.wfile.write(data)
            self.hub.sent_bytes += len(data)

    def _head(self, status: int, size: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(size), **headers}.items():
            self.send_header(key, value)
        self.end_headers()


def _oid(data: bytes) -> str:
    # Of large files the hub gives the SHA-256.
    return hashlib.sha256(data).hexdigest() if len(data) > 1_000_000 else hashlib.sha1(data).hexdigest()
