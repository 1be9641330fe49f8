"""Fetching a checkpoint from the hub: room for it, how far it is, and a broken line noticed within seconds."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pictograph_server.engines.annotators.checkpoints.catalogue import Repository
from pictograph_server.engines.annotators.checkpoints.hub import answers
from pictograph_server.engines.errors import EngineUnavailable

# Bytes that are here, bytes of all files.
OnBytes = Callable[[int, int], None]
# Without a byte for so long, the hub is asked whether it is still there.
_STALL_S = 2.0
_PING_S = 1.5
_LOOK_S = 0.2


def download(repository: Repository, folder: Path | None = None, *, on_bytes: OnBytes | None = None) -> Path:
    """Fetch a repository into a folder, or into the hub's cache, and return where it is. Goes on where it broke off.

    It waits for as long as bytes come; ask the hub first whether it would hand them out (`hub.ask_hub`).

    Raises:
        EngineUnavailable: there is no room, the line broke off, or the hub refused a file.
    """
    check_room(repository, folder)
    with tempfile.TemporaryFile() as told:
        # A process of its own: the hub's library tries for a minute what is over, in threads that nobody can end.
        module = "pictograph_server.engines.annotators.checkpoints.fetch_main"
        command = [sys.executable, "-m", module, str(os.getpid())]
        child = subprocess.Popen(
            [*command, repository.id, str(folder or "")],
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(child, repository, folder, lambda: _total_in(told.fileno()), on_bytes)
        finally:
            child.kill()
            child.wait()
        told.seek(0)
        return _result(repository, told.read().decode().splitlines())


def _wait(
    child: "subprocess.Popen[bytes]",
    repository: Repository,
    folder: Path | None,
    total: Callable[[], int],
    on_bytes: OnBytes | None,
) -> None:
    here, moved_at = -1, time.monotonic()
    while True:
        has_ended = child.poll() is not None
        before, here = here, bytes_here(repository, folder)
        size = total()
        if on_bytes is not None and size:
            on_bytes(min(here, size), size)
        if has_ended:
            return
        if here != before:
            moved_at = time.monotonic()
        elif time.monotonic() - moved_at > _STALL_S:
            if not answers(repository.id, patience_s=_PING_S):
                raise broken_off(repository.id, "the hub no longer answers")
            moved_at = time.monotonic()
        time.sleep(_LOOK_S)


def _total_in(file: int) -> int:
    """Return the number of the first line that the child told, once it is there."""
    first, end, _ = os.pread(file, 1000, 0).partition(b"\n")
    return int(json.loads(first).get("total", 0)) if end else 0


def _result(repository: Repository, lines: list[str]) -> Path:
    last: dict[str, str] = json.loads(lines[-1]) if lines else {}
    if "folder" in last:
        return Path(last["folder"])
    if "what" in last:
        raise EngineUnavailable(last["what"], why=last["why"], fix=last["fix"])
    raise broken_off(repository.id, "it ended without saying why")


def check_room(repository: Repository, folder: Path | None = None, *, size_bytes: int | None = None) -> None:
    """Raise `EngineUnavailable` when the disk has no room for what is missing of the repository."""
    place, free = room(folder)
    missing = (size_bytes or repository.size_bytes) - bytes_here(repository, folder)
    if free < missing:
        raise no_room(repository.id, f"{_size(missing)} more are needed and {_size(free)} are free in {place}")


def room(folder: Path | None = None) -> tuple[Path, int]:
    """Return the folder that checkpoints go to (by default the hub's cache), and the free bytes of its disk."""
    place = (folder or _cache()).absolute()
    existing = next(path for path in (place, *place.parents) if path.exists())
    return place, shutil.disk_usage(existing).free


def bytes_here(repository: Repository, folder: Path | None = None) -> int:
    """Return how many bytes of the repository are here already, whole files and begun ones."""
    place = folder or _cache() / f"models--{repository.id.replace('/', '--')}" / "blobs"
    return sum(_bytes_of(file) for file in place.rglob("*"))


def broken_off(repository: str, reason: str) -> EngineUnavailable:
    return EngineUnavailable(
        f"The weights of {repository} cannot be downloaded",
        why=f"the download broke off ({reason})",
        fix="Start it again: it goes on where it broke off",
    )


def no_room(repository: str, why: str) -> EngineUnavailable:
    return EngineUnavailable(
        f"The weights of {repository} cannot be stored",
        why=why,
        fix="Free some space, name a folder on a larger disk (`pictograph engines pull --to`), or set HF_HOME to one",
    )


def _cache() -> Path:
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def _bytes_of(file: Path) -> int:
    try:
        return 0 if file.is_dir() else file.stat().st_size
    except OSError:  # gone since it was listed: the library renames what is complete
        return 0


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e8 else f"{size_bytes / 1e6:.1f} MB"
