"""A large file of the hub, fetched so that what came before the line broke is not fetched again.

The hub's own library begins such a file anew in every process, and a checkpoint has gigabytes of it. The file is put
where that library looks for it, so everything after this goes its way.
"""

import fcntl
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from huggingface_hub.file_download import HfFileMetadata

_PIECE_BYTES = 1 << 20
_PATIENCE_S = 10.0
# How often in a row nothing may come before it is given up.
_TRIES = 3


class Damaged(OSError):
    """What arrived is not what the hub has; it was thrown away."""


def fetch_file(repository: str, filename: str, revision: str, folder: Path | None) -> None:
    """Put one file of a repository into a folder, or into the hub's cache. One process at a time does so.

    Raises:
        Exception: the hub's or the network's own errors; what has come by then is kept.
        Damaged: the bytes are wrong.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    url = hf_hub_url(repository, filename, revision=revision)
    file = get_hf_file_metadata(url, timeout=_PATIENCE_S)
    if file.etag is None or file.size is None:
        return  # The library fetches it its own way.
    target = folder / filename if folder is not None else _blob(repository, file.etag)
    if _is_there(target, file.size):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{file.etag[:16]}.part")
    with part.open("ab") as begun:
        fcntl.flock(begun, fcntl.LOCK_EX)
        if _is_there(target, file.size):
            # Another process has fetched it meanwhile.
            part.unlink(missing_ok=True)
            return
        _append(begun, url, file, file.size)
        if not _is_intact(part, file.etag):
            part.unlink()
            raise Damaged(f"{filename} did not arrive as it was sent")
        part.rename(target)


def _append(begun: BinaryIO, url: str, file: "HfFileMetadata", size: int) -> None:
    from huggingface_hub.utils import build_hf_headers, get_session

    # Whoever keeps the files for the hub must not see the token.
    is_same_host = urlsplit(file.location).netloc == urlsplit(url).netloc
    identity = build_hf_headers() if is_same_host else {}
    failures = 0
    while (here := begun.seek(0, os.SEEK_END)) < size:
        headers = {**identity, "Accept-Encoding": "identity", "Range": f"bytes={here}-"}
        try:
            with get_session().stream(
                "GET", file.location, headers=headers, timeout=_PATIENCE_S, follow_redirects=True
            ) as answer:
                answer.raise_for_status()
                if here and answer.status_code != 206:
                    begun.truncate(0)
                for piece in answer.iter_bytes(_PIECE_BYTES):
                    begun.write(piece)
                    failures = 0
                begun.flush()
        except OSError:
            raise  # The disk, not the line.
        except Exception:  # the line, in whatever way the hub library's client puts it: what came is kept, and asked on
            begun.flush()
            failures = failures + 1 if begun.seek(0, os.SEEK_END) == here else 1
            if failures >= _TRIES:
                raise


def _is_there(target: Path, size: int) -> bool:
    return target.is_file() and target.stat().st_size == size


def _is_intact(file: Path, etag: str) -> bool:
    """Return whether a file has the hash that its etag is, where it is one: large files' are SHA-256."""
    if len(etag) != 64:
        return True
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest() == etag


def _blob(repository: str, etag: str) -> Path:
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE) / f"models--{repository.replace('/', '--')}" / "blobs" / etag
