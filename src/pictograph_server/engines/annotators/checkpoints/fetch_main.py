"""The process that fetches a checkpoint, a module to run with `PARENT ID FOLDER`.

It tells its parent, a line of JSON each, how many bytes there are in all, and how it ended.
"""

import errno
import fnmatch
import json
import os
import sys
import threading
import time
from pathlib import Path

from pictograph_server.engines.annotators.checkpoints import download
from pictograph_server.engines.annotators.checkpoints.catalogue import PATTERNS
from pictograph_server.engines.annotators.checkpoints.resuming import fetch_file
from pictograph_server.engines.annotators.checkpoints.weights import repository_of
from pictograph_server.engines.errors import EngineUnavailable


def main(parent: str, checkpoint: str, folder: str) -> int:
    threading.Thread(target=_end_with, args=(int(parent),), daemon=True).start()
    place = Path(folder) if folder else None
    try:
        _tell(folder=str(_fetch(checkpoint, place)))
    except EngineUnavailable as problem:
        _tell(what=problem.what, why=problem.why, fix=problem.fix)
    except Exception as failure:
        problem = _explained(checkpoint, place, failure)
        _tell(what=problem.what, why=problem.why, fix=problem.fix)
    return 0


def _fetch(checkpoint: str, folder: Path | None) -> Path:
    from huggingface_hub import HfApi, snapshot_download

    listing = HfApi().model_info(checkpoint, files_metadata=True, timeout=10)
    sizes = {each.rfilename: each.size or 0 for each in listing.siblings or () if _is_wanted(each.rfilename)}
    _tell(total=sum(sizes.values()))
    download.check_room(repository_of(checkpoint), folder, size_bytes=sum(sizes.values()))
    for filename in sizes:
        if filename.endswith(".safetensors") and listing.sha is not None:
            fetch_file(checkpoint, filename, listing.sha, folder)
    return Path(snapshot_download(checkpoint, local_dir=folder, allow_patterns=list(PATTERNS)))


def _is_wanted(filename: str) -> bool:
    return any(fnmatch.fnmatch(filename, pattern) for pattern in PATTERNS)


def _explained(checkpoint: str, folder: Path | None, failure: Exception) -> EngineUnavailable:
    if isinstance(failure, OSError) and failure.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return download.no_room(checkpoint, f"there is no room left in {download.room(folder)[0]}")
    if isinstance(failure, PermissionError):
        return EngineUnavailable(
            f"The weights of {checkpoint} cannot be stored",
            why=f"{failure.filename or download.room(folder)[0]} may not be written to",
            fix="Make the folder writable, name another (`pictograph engines pull --to`), or set HF_HOME to one",
        )
    return download.broken_off(checkpoint, type(failure).__name__)


def _tell(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    # At once: the library's threads would be waited for.
    status = main(*sys.argv[1:4])
    os._exit(status)
