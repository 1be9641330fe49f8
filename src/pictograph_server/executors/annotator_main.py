"""The entry of the annotator's process: `python -m pictograph_server.executors.annotator_main PARENT CHOICE DEVICE`.

Nothing but the standard library is imported before the process is sure to die with its parent: loading torch takes
seconds in which the parent may already be gone.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: str, choice: str, device: str) -> int:
    die_with(int(parent))
    # A private way to the parent: whatever a library prints goes to the log instead.
    answers = os.dup(1)
    os.dup2(2, 1)
    from pictograph_server.executors.annotator_serve import serve

    try:
        return serve(choice, device or None, 0, answers)
    except BrokenPipeError:
        return 1


def die_with(parent: int) -> None:
    """Ask Linux to kill this process when its parent ends, even in the middle of a prompt."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(1)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:4]))
