"""The socket of the warm annotator, and the thread that starts its process when somebody knocks.

The socket belongs to the server and outlives the process behind it: who connects while none runs waits for the next.
"""

import fcntl
import logging
import os
import selectors
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from pictograph_server.executors import annotator_wire as wire

_log = logging.getLogger(__name__)
ENTRY = (sys.executable, "-m", "pictograph_server.executors.annotator_main")
_PREFIX = "pictograph-annotator-"
# The kernel's limit is 108 bytes on Linux, 104 elsewhere.
_LONGEST_ADDRESS = 100
_MOST_WAITING = 128
_YOUNG_S = 60.0


class Door:
    """A listening socket that only this user can reach, at `address`, with a process behind it when it is needed."""

    def __init__(self, command: Sequence[str], choice: str, device: str | None) -> None:
        self._command = tuple(command)
        self._options = (choice, device or "")
        self._folder, self._lock = _private_folder()
        self.address = str(self._folder / "socket")
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.address)
        self._listener.listen(_MOST_WAITING)
        self._closing, self._close = os.pipe()
        self.process: subprocess.Popen[bytes] | None = None
        # One thread for the life of the door: on Linux a child that asks to die with its parent dies with the *thread*
        # that started it, and threads of a pool come and go.
        self._thread = threading.Thread(target=self._keep, name="annotator", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the process, and let nobody in any more."""
        os.close(self._close)
        self._thread.join()

    def _keep(self) -> None:
        try:
            while self._wait_for(self._listener.fileno()):
                self._run_process()
        finally:
            self._listener.close()
            os.close(self._closing)
            shutil.rmtree(self._folder, ignore_errors=True)
            os.close(self._lock)

    def _run_process(self) -> None:
        """Start the process and wait for its end."""
        door = self._listener.fileno()
        command = [*self._command, str(os.getpid()), str(door), *self._options]
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, pass_fds=[door]
            )
        except OSError as error:
            _log.exception("the annotator's process cannot be started")
            self._refuse_all(f"could not be started: {error.strerror}")
            return
        self.process = process
        assert process.stdin is not None and process.stdout is not None
        was_ready = False
        try:
            while self._wait_for(process.stdout.fileno()):
                if not process.stdout.read(64):
                    how = _how_it_ended(process.wait())
                    _log.warning("the annotator's process %s", how)
                    if not was_ready:
                        self._refuse_all(how)
                    return
                was_ready = True
        finally:
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()
            self.process = None

    def _wait_for(self, readable: int) -> bool:
        """Return True when there is something to read, False when the door is to be closed."""
        with selectors.DefaultSelector() as selector:
            selector.register(readable, selectors.EVENT_READ)
            selector.register(self._closing, selectors.EVENT_READ)
            return self._closing not in {key.fd for key, _ in selector.select()}

    def _refuse_all(self, how: str) -> None:
        """Tell those who wait that the process cannot even start; else they would wait for ever."""
        failure = wire.Failure(
            error_kind="EngineUnavailable",
            what="The annotator's process cannot start",
            why=f"it {how}",
            fix="See the server's log; `pictograph doctor` says which engines work here",
        )
        # Shared with the process, which waits in it.
        self._listener.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                connection, _ = self._listener.accept()
                with connection, suppress(OSError):
                    wire.send(connection, failure, deadline=time.monotonic() + 1)


def _private_folder() -> tuple[Path, int]:
    """Make a folder that only this user may enter, with a name short enough for a socket in it.

    The number is an open file: while it is open, nobody tidies the folder up.
    """
    parent = Path(tempfile.gettempdir())
    if len(str(parent)) + len(_PREFIX) + 20 > _LONGEST_ADDRESS:
        parent = Path("/tmp")
    _tidy_up(parent)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    lock = os.open(folder, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return folder, lock


def _tidy_up(parent: Path) -> None:
    """Remove the folders of servers that were killed: nobody holds them locked any more."""
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            found = folder.lstat()
            # One that is young may be about to be locked.
            is_young = time.time() - found.st_mtime < _YOUNG_S
            if is_young or found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
                continue
            lock = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)


def _how_it_ended(code: int) -> str:
    return f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
