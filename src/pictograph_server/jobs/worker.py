"""Who holds a job: a name for this process that another process of the same machine can tell dead from alive.

`<host>/<boot>.<pid namespace>:<pid>:<start time>`. The pid alone is not enough: numbers are reused, start again after
a reboot, and mean nothing in another container.
"""

import functools
import os
import socket
from pathlib import Path


@functools.cache
def _machine() -> str:
    return f"{socket.gethostname()[:60]}/{_boot()}.{_pid_namespace()}"


def worker_name() -> str:
    """Return the name of this process."""
    return f"{_machine()}:{os.getpid()}:{_start_time(os.getpid())}"


def is_known_dead(worker: str) -> bool:
    """Return whether `worker` was a process of this machine that is gone. Of other machines nothing is known: False."""
    machine, pid, start_time = _parts(worker)
    if machine != _machine() or not pid.isdigit():
        return False
    return _start_time(int(pid)) != start_time


def is_known_alive(worker: str) -> bool:
    """Return whether `worker` is a process of this machine that runs."""
    machine, pid, start_time = _parts(worker)
    return machine == _machine() and pid.isdigit() and _start_time(int(pid)) == start_time


def _parts(worker: str) -> tuple[str, str, str]:
    machine, _, rest = worker.partition(":")
    pid, _, start_time = rest.partition(":")
    return machine, pid, start_time


def _start_time(pid: int) -> str:
    """Return when the process started, in the kernel's ticks; "gone" without it, "?" where that is not told."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except FileNotFoundError:
        return _start_time_elsewhere(pid)
    except OSError:
        return "gone"
    # The name in brackets may hold spaces: count from behind it. Field 22 of proc(5); a zombie has already died.
    fields = stat.rpartition(")")[2].split()
    return "gone" if fields[0] in {"Z", "X"} else fields[19]


def _start_time_elsewhere(pid: int) -> str:
    if Path("/proc/self/stat").exists():
        return "gone"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return "gone"
    except OSError:
        pass
    return "?"


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
    except OSError:
        return "-"


def _pid_namespace() -> str:
    try:
        # "pid:[4026531836]"
        return os.readlink("/proc/self/ns/pid")[5:-1]  # noqa: PTH115
    except OSError:
        return "-"
