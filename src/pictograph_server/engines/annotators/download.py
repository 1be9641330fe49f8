"""Fetching a checkpoint from the hub: room for it, how far it is, and a broken line noticed within seconds."""

import errno
import fnmatch
import shutil
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pictograph_server.engines.annotators.checkpoints import PATTERNS, Repository
from pictograph_server.engines.annotators.hub import answers
from pictograph_server.engines.errors import EngineUnavailable

# Bytes that are here, bytes of all files.
OnBytes = Callable[[int, int], None]
# Without a byte for so long, the hub is asked whether it is still there.
_STALL_S = 2.5
_PING_S = 1.5
_LOOK_S = 0.2


def download(repository: Repository, folder: Path | None = None, *, on_bytes: OnBytes | None = None) -> Path:
    """Fetch a repository into a folder, or into the hub's cache, and return where it is. Goes on where it broke off.

    It waits for as long as bytes come; ask the hub first whether it would hand them out (`hub.ask_hub`).

    Raises:
        EngineUnavailable: there is no room, the line broke off, or the hub refused a file.
    """
    check_room(repository, folder)
    transfer = _Transfer(repository, folder)
    worker = threading.Thread(target=transfer.run, daemon=True)
    worker.start()
    here, moved_at = -1, time.monotonic()
    try:
        while worker.is_alive():
            worker.join(_LOOK_S)
            before, here = here, bytes_here(repository, folder)
            if on_bytes is not None and transfer.total:
                on_bytes(min(here, transfer.total), transfer.total)
            if here != before:
                moved_at = time.monotonic()
            elif worker.is_alive() and time.monotonic() - moved_at > _STALL_S:
                # The library would try again for a minute.
                if not answers(repository.id, patience_s=_PING_S):
                    raise _broken_off(repository, "the hub no longer answers")
                moved_at = time.monotonic()
    finally:
        # Whoever interrupts this is not kept waiting: the next byte ends the library's own threads.
        transfer.is_given_up = True
    if transfer.failure is not None:
        raise _explained(repository, folder, transfer.failure) from transfer.failure
    assert transfer.result is not None
    return transfer.result


def check_room(repository: Repository, folder: Path | None = None, *, size_bytes: int | None = None) -> None:
    """Raise `EngineUnavailable` when the disk has no room for what is missing of the repository."""
    place, free = room(folder)
    missing = (size_bytes or repository.size_bytes) - bytes_here(repository, folder)
    if free < missing:
        raise _disk_full(repository, place, f"{_gb(missing)} more are needed and {_gb(free)} are free in {place}")


def room(folder: Path | None = None) -> tuple[Path, int]:
    """Return the folder that checkpoints go to (by default the hub's cache), and the free bytes of its disk."""
    place = (folder or _cache()).absolute()
    existing = next(path for path in (place, *place.parents) if path.exists())
    return place, shutil.disk_usage(existing).free


def bytes_here(repository: Repository, folder: Path | None = None) -> int:
    """Return how many bytes of the repository are here already, whole files and begun ones."""
    place = folder or _cache() / f"models--{repository.id.replace('/', '--')}" / "blobs"
    return sum(_size(file) for file in place.rglob("*"))


class _Transfer:
    """The library's download, in a thread of its own that can be given up."""

    def __init__(self, repository: Repository, folder: Path | None) -> None:
        self._repository = repository
        self._folder = folder
        self.total = 0
        self.is_given_up = False
        self.result: Path | None = None
        self.failure: Exception | None = None

    def run(self) -> None:
        from huggingface_hub import HfApi, snapshot_download

        try:
            with _silence():
                listing = HfApi().model_info(self._repository.id, files_metadata=True, timeout=10)
                files = [each for each in listing.siblings or () if _is_wanted(each.rfilename)]
                self.total = sum(each.size or 0 for each in files)
                check_room(self._repository, self._folder, size_bytes=self.total)
                fetched = snapshot_download(
                    self._repository.id,
                    local_dir=self._folder,
                    allow_patterns=list(PATTERNS),
                    tqdm_class=self._bar(),
                )
            self.result = Path(fetched)
        except Exception as error:
            self.failure = error

    def _bar(self) -> Any:
        from tqdm import tqdm

        transfer = self

        class Bar(tqdm):  # pyright: ignore[reportMissingTypeArgument, reportUntypedBaseClass]
            """Draws nothing: it is where the library can be stopped in the middle of a file."""

            def __init__(self, *args: Any, **options: Any) -> None:
                super().__init__(*args, **{**options, "disable": True})

            def update(self, n: float | None = 1) -> None:
                if transfer.is_given_up:
                    raise InterruptedError("nobody waits for this download any more")

        return Bar


def _explained(repository: Repository, folder: Path | None, failure: Exception) -> EngineUnavailable:
    if isinstance(failure, EngineUnavailable):
        return failure
    if isinstance(failure, OSError) and failure.errno in (errno.ENOSPC, errno.EDQUOT):
        return _disk_full(repository, room(folder)[0], f"the disk of {room(folder)[0]} is full")
    if isinstance(failure, PermissionError):
        what = f"The weights of {repository.id} cannot be stored"
        fix = "Make the folder writable, name another (`--to`), or set HF_HOME to one"
        return EngineUnavailable(what, why=f"{failure.filename or room(folder)[0]} may not be written to", fix=fix)
    return _broken_off(repository, type(failure).__name__)


def _broken_off(repository: Repository, reason: str) -> EngineUnavailable:
    return EngineUnavailable(
        f"The weights of {repository.id} cannot be downloaded",
        why=f"the download broke off ({reason})",
        fix="Start it again: it goes on where it broke off",
    )


def _disk_full(repository: Repository, place: Path, why: str) -> EngineUnavailable:
    return EngineUnavailable(
        f"The weights of {repository.id} cannot be stored",
        why=why,
        fix="Free some space, or set HF_HOME to a folder on a larger disk",
    )


@contextmanager
def _silence() -> Generator[None]:
    """Keep the library from telling of its tries on standard error; put it back afterwards."""
    from huggingface_hub.utils import logging

    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)


def _is_wanted(filename: str) -> bool:
    return any(fnmatch.fnmatch(filename, pattern) for pattern in PATTERNS)


def _cache() -> Path:
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def _size(file: Path) -> int:
    try:
        return 0 if file.is_dir() else file.stat().st_size
    except OSError:  # gone since it was listed: the library renames what is complete
        return 0


def _gb(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e8 else f"{size_bytes / 1e6:.1f} MB"
