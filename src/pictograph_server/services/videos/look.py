"""Looks at a video in a process of its own, which may hang or crash and is then ended."""

import json
import subprocess
import sys
from pathlib import Path

from .facts import VideoFacts

_ENTRY = (sys.executable, "-m", "pictograph_server.services.videos.look_main")
# Of a busy machine; the child may work for `look_main.CPU_S` of them. Whoever sends a video waits for minutes anyway.
TIMEOUT_S = 60.0


class Unreadable(Exception):
    """The file is no video that the server reads; the message says why."""


def look(path: Path, *, max_pixels: int, timeout_s: float = TIMEOUT_S) -> VideoFacts:
    """Return the facts of a video file.

    Raises:
        Unreadable: it is none, or damaged, or too large.
    """
    command = [*_ENTRY, str(path), str(max_pixels)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=timeout_s, stdin=subprocess.DEVNULL, check=False)
    except subprocess.TimeoutExpired:
        raise Unreadable(f"it could not be read within {timeout_s:g} s") from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise Unreadable("it is damaged: reading it ended the process that tried") from None
    if "facts" not in answer:
        raise Unreadable(str(answer["refusal"]))
    return VideoFacts.from_json(answer["facts"])
