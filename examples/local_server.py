"""A `pictograph up` of one's own: a free port, a folder for its data, a key made for it, gone at the end."""

import os
import secrets
import signal
import socket
import string
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Self

START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 20.0
NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


class ServerDidNotStart(Exception):
    """The server ended, or did not answer in time; the message ends with the last lines of its log."""


class LocalServer:
    """A server process on `data`. It can be stopped, killed and started again on the same data and address."""

    def __init__(self, data: Path, *, settings: Mapping[str, str] = NO_SETTINGS, port: int | None = None) -> None:
        self.data = data
        self.log_file = data.with_name(f"{data.name}.log")
        self.port = port or _free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.api_key = _stored_key(data.with_name(f"{data.name}.key"))
        self.seconds_to_answer = 0.0
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("the server is not running")
        return self._process.pid

    @property
    def client_environment(self) -> dict[str, str]:
        """Return the environment of a program that uses this server."""
        return os.environ | {"PICTOGRAPH_BASE_URL": self.base_url, "PICTOGRAPH_API_KEY": self.api_key}

    def login_link(self, *arguments: str) -> str:
        """Return an address that signs a person in once: the server's owner, or who `arguments` name (`--email`)."""
        program = Path(sys.executable).with_name("pictograph")
        command = [program, "login-link", "--data", self.data, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=self._environment())
        return done.stdout.split()[-1]

    def start(self) -> None:
        """Start the process and return once it is ready to serve.

        Raises:
            ServerDidNotStart: it ended or did not answer in time.
        """
        started = time.perf_counter()
        self.data.mkdir(parents=True, exist_ok=True)
        program = Path(sys.executable).with_name("pictograph")
        with self.log_file.open("ab") as log:
            # Of its own session, so that Ctrl-C in the terminal reaches us alone and we stop it in order.
            self._process = subprocess.Popen(
                [program, "up", "--data", self.data, "--host", "127.0.0.1", "--port", str(self.port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=self._environment(),
            )
        try:
            self._await("/healthz", started)
            self.seconds_to_answer = time.perf_counter() - started
            self._await("/readyz", started)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ask the process to end and see that it does."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def kill(self) -> None:
        """End the process as a power cut would: SIGKILL, nothing written, nobody told."""
        os.kill(self.pid, signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
            self._process = None

    def wait(self, timeout_s: float) -> int:
        """Return the exit status once the process has ended without our doing."""
        if self._process is None:
            raise RuntimeError("the server is not running")
        status = self._process.wait(timeout_s)
        self._process = None
        return status

    def restart(self) -> None:
        """Start again on the same data, at the same address, with the same key."""
        if self._process is not None:
            self.stop()
        self.start()

    def log_tail(self, lines: int = 20) -> str:
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-lines:])

    def _environment(self) -> dict[str, str]:
        # A home of its own: the first start would else write a config file into the user's.
        home = self.data.with_name(f"{self.data.name}.home")
        home.mkdir(exist_ok=True)
        own = {"PICTOGRAPH_BOOTSTRAP_API_KEY": self.api_key, "HOME": str(home)}
        return {k: v for k, v in os.environ.items() if not k.startswith("PICTOGRAPH_")} | own | dict(self._settings)

    def _await(self, path: str, started: float) -> None:
        while True:
            if self._process is not None and self._process.poll() is not None:
                raise ServerDidNotStart(f"pictograph up ended with {self._process.returncode}:\n{self.log_tail()}")
            try:
                with urllib.request.urlopen(self.base_url + path, timeout=2) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                pass
            if time.perf_counter() - started > START_TIMEOUT_S:
                raise ServerDidNotStart(f"{path} did not answer in {START_TIMEOUT_S:.0f} s:\n{self.log_tail()}")
            time.sleep(0.02)


@contextmanager
def local_server(data: Path, *, settings: Mapping[str, str] = NO_SETTINGS) -> Generator[LocalServer]:
    """Give a running server and stop it in all cases, SIGTERM to ourselves included."""

    def leave(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        with LocalServer(data, settings=settings) as server:
            yield server
    finally:
        signal.signal(signal.SIGTERM, before)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _stored_key(path: Path) -> str:
    """Return the key kept beside the data, made on first use, so that a second run opens the same organisation."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        alphabet = string.ascii_letters + string.digits
        path.touch(mode=0o600)
        path.write_text("pk_live_" + "".join(secrets.choice(alphabet) for _ in range(32)))
    return path.read_text().strip()
