"""Runs each attempt in a child process of its own, which can be killed and which dies with us."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from pictograph_server.jobs.executor import Exit
from pictograph_server.jobs.policy import JobPolicy
from pictograph_server.jobs.queue import JobRecord

RUNNER = (sys.executable, "-m", "pictograph_server.runner")
LOG_NAME = "log.txt"
LOG_TAIL_LINES = 5
LOG_TAIL_BYTES = 4000
# Kernel counters of processes killed for memory: control groups v2 and v1.
OOM_COUNTERS = (Path("/sys/fs/cgroup/memory.events"), Path("/sys/fs/cgroup/memory/memory.oom_control"))


class ProcessExecutor:
    """Starts `<command> JOB FENCE --folder … --policy … --parent …` for each attempt.

    The child leads a process group of its own, so that what it started is killed with it, and gets a pipe as standard
    input that closes when we die, however we die. What it prints goes to `<folder>/<job id>/log.txt`.

    Args:
        folder: holds a folder for each job; `jobs` in the data folder.
        env: the child's environment; ours by default.
        grace_s: how long a child that was asked to stop may take.
        command: what to start; tests have runners of their own.
    """

    def __init__(
        self,
        folder: Path,
        *,
        env: Mapping[str, str] | None = None,
        grace_s: float = 3.0,
        command: Sequence[str] = RUNNER,
    ) -> None:
        self._folder = folder
        self._env = None if env is None else dict(env)
        self._grace_s = grace_s
        self._command = tuple(command)

    def start(self, job: JobRecord, policy: JobPolicy) -> "ProcessAttempt":
        """Start a runner. Call it from a thread that lives as long as the child should (see `runner.die_with`)."""
        folder = self._folder / job.id
        folder.mkdir(parents=True, exist_ok=True)
        options = ("--folder", str(folder), "--policy", policy.to_json(), "--parent", str(os.getpid()))
        log_path = folder / LOG_NAME
        with log_path.open("ab") as log:
            log.write(f"--- try {job.attempt} of {job.task}, {time.strftime('%Y-%m-%dT%H:%M:%S%z')}\n".encode())
            log.flush()
            log_start = log.tell()
            process = subprocess.Popen(
                [*self._command, job.id, str(job.fence), *options],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._env,
                start_new_session=True,
            )
        return ProcessAttempt(process, log_path, log_start, self._grace_s)

    def clean(self, job_id: str) -> None:
        shutil.rmtree(self._folder / job_id / "work", ignore_errors=True)

    def forget(self, job_id: str) -> None:
        shutil.rmtree(self._folder / job_id, ignore_errors=True)

    def leftovers(self) -> Iterator[str]:
        if self._folder.is_dir():
            yield from (path.name for path in self._folder.iterdir() if path.is_dir())


class ProcessAttempt:
    """A runner's process and the group it leads."""

    def __init__(self, process: subprocess.Popen[bytes], log_path: Path, log_start: int, grace_s: float) -> None:
        self.pid = process.pid
        self._process = process
        # Held open: its end closes when we die, and the child's watch sees that.
        self._lifeline: IO[bytes] | None = process.stdin
        self._log_path = log_path
        self._log_start = log_start
        self._grace_s = grace_s
        self._kill_at: float | None = None
        self._oom_kills = _oom_kills()
        self._exit: Exit | None = None

    def poll(self) -> Exit | None:
        if self._exit is not None:
            return self._exit
        if not self._has_exited():
            if self._kill_at is not None and time.monotonic() >= self._kill_at:
                self.kill()
            return None
        # What it started has no business without it. Before it is reaped: its number is still taken.
        self._kill_group()
        code = self._process.wait()
        if self._lifeline is not None:
            self._lifeline.close()
        reason = _reason(code, killed_for_memory=_oom_kills() > self._oom_kills)
        self._exit = Exit(reason=reason, log_tail=self._log_tail())
        return self._exit

    def stop(self) -> None:
        if self._kill_at is None and self._exit is None:
            self._kill_at = time.monotonic() + self._grace_s
            # The runner only: it may need the processes it started in order to end well. Not `terminate()`, which
            # reaps a child that has just exited behind our back.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        if self._exit is None:
            self._kill_group()

    def _has_exited(self) -> bool:
        if not hasattr(os, "waitid"):
            return self._process.poll() is not None
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _kill_group(self) -> None:
        # Nobody may be left in it (macOS says PermissionError when only a zombie is).
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def _log_tail(self) -> str:
        try:
            with self._log_path.open("rb") as log:
                size = log.seek(0, os.SEEK_END)
                log.seek(max(self._log_start, size - LOG_TAIL_BYTES))
                lines = log.read().decode(errors="replace").strip().splitlines()
        except OSError:
            # Somebody tidied the folder away.
            return ""
        return "\n".join(lines[-LOG_TAIL_LINES:])


def _reason(code: int, *, killed_for_memory: bool) -> str:
    if code >= 0:
        return f"its process ended with exit code {code} and left no result"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    if name == "SIGKILL" and killed_for_memory:
        return f"its process was killed because the machine ran out of memory ({name})"
    if name == "SIGKILL":
        return f"its process was killed from outside ({name}): by a person, or because memory ran out"
    if name in {"SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT"}:
        return f"its process crashed inside a native library ({name})"
    return f"its process was ended from outside ({name})"


def _oom_kills() -> int:
    """Return how many processes of this control group the kernel has killed for memory; 0 where it does not say."""
    for path in OOM_COUNTERS:
        try:
            lines = path.read_text().splitlines()
        except OSError:
            continue
        return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
    return 0
