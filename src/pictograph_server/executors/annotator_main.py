"""The entry of the warm annotator, a module to run with `[--compile] PARENT SOCKET CHOICE DEVICE`.

Nothing but the standard library is imported before the process is sure to die with its parent: loading torch takes
seconds in which the parent may already be gone.
"""

import contextlib
import ctypes
import faulthandler
import functools
import logging
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import NoReturn

COMPILE = "--compile"
_PR_SET_PDEATHSIG = 1


def main(parent: str, door: str, choice: str, device: str, *, compile_vision: bool) -> NoReturn:
    die_with(int(parent))
    _be_first_to_go()
    # Our standard output tells the parent that we are ready, and by closing that we are gone. Whatever a library
    # prints goes to the log instead.
    state = os.dup(1)
    os.dup2(2, 1)
    faulthandler.enable()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    from pictograph_server.engines.annotators.registry import open_annotator
    from pictograph_server.executors.annotator_serve import serve

    serve(
        socket.socket(fileno=int(door)),
        device or None,
        choice,
        on_ready=lambda: os.write(state, b"ready"),
        opener=functools.partial(open_annotator, compile_vision=compile_vision),
    )


def die_with(parent: int) -> None:
    """End this process when its parent ends, however that happens: Linux sees to it, elsewhere standard input tells."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(1)
    threading.Thread(target=_watch_lifeline, name="lifeline", daemon=True).start()


def _watch_lifeline() -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass
    os._exit(1)


def _be_first_to_go() -> None:
    """When memory runs out, let the kernel choose this process and not the server: its work can be asked for again."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


if __name__ == "__main__":
    *options, parent, door, choice, device = sys.argv[1:]
    main(parent, door, choice, device, compile_vision=COMPILE in options)
