"""The data folder's lock: one embedded server at a time, or any number of fleet processes."""

import contextlib
import fcntl
import os
from pathlib import Path
from typing import Self

LOCK_FILE = "server.lock"


class StartError(Exception):
    """The server cannot start; the message says why and what to do."""


class DataFolderInUse(StartError):
    def __init__(self, folder: Path, pid: str) -> None:
        super().__init__(
            f"The data folder {folder} is in use by another Pictograph server (process {pid}).\n"
            f"Stop that one first (kill {pid}), or give this one a folder of its own: pictograph up --data OTHER"
        )


class DataFolderUnusable(StartError):
    def __init__(self, folder: Path, error: OSError) -> None:
        super().__init__(
            f"The data folder {folder} cannot be made or written to: {error.strerror or error}.\n"
            "Give it another place with --data or PICTOGRAPH_DATA_DIR, or change whose it is."
        )


class DataFolderLock:
    """Held while a server runs; the system lets go of it when the process ends, however it ends.

    An exclusive holder may take for granted that whatever the folder says is running is dead.
    """

    def __init__(self, folder: Path, *, exclusive: bool) -> None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = (folder / LOCK_FILE).open("a+")
        except OSError as error:
            raise DataFolderUnusable(folder, error) from None
        try:
            fcntl.flock(self._file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            pid = self._file.read().strip() or "unknown"
            self._file.close()
            raise DataFolderInUse(folder, pid) from None
        with contextlib.suppress(OSError):
            self._file.truncate(0)
            self._file.write(f"{os.getpid()}\n")
            self._file.flush()

    def release(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
