"""A large file fetched so that what came before the line broke is not fetched again, and is whole when it has its name.

Libraries of hubs begin such a file anew in every process, and retry for a minute where nobody answers.
"""

import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeVar
from urllib.parse import urlsplit

import httpx2

# Bytes that are here, bytes of the whole file.
OnBytes = Callable[[int, int], None]
_PATIENCE_S = 10.0
# How often in a row nothing may come before it is given up.
_TRIES = 3
_Found = TypeVar("_Found")


class Damaged(OSError):
    """What arrived is not what was sent; it was thrown away."""


class OutOfReach(Exception):
    """A file cannot be had from where it is published; the text says why."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file on somebody's server."""

    url: str
    size_bytes: int
    # Names what has begun to come, so that another version is not appended to it.
    version: str
    sha256: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


def fetch(file: RemoteFile, target: Path, *, on_bytes: OnBytes | None = None) -> None:
    """Put a file at `target`. One process at a time does so; what `on_bytes` raises ends it.

    Raises:
        httpx2.HTTPError: the line broke and stayed so; what has come by then is kept.
        Damaged: the bytes are wrong.
        OSError: the disk.
    """
    if _is_there(target, file):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{file.version[:16]}.part")
    with part.open("ab") as begun:
        fcntl.flock(begun, fcntl.LOCK_EX)
        if _is_there(target, file):
            # Another process has fetched it meanwhile.
            part.unlink(missing_ok=True)
            return
        _append(begun, file, on_bytes)
        if file.sha256 is not None and sha256_of(part) != file.sha256:
            part.unlink()
            raise Damaged(f"{target.name} did not arrive as it was sent")
        part.rename(target)


def describe(url: str, *, sha256: str | None = None, patience_s: float) -> RemoteFile:
    """Return what a web server says about a file.

    Raises:
        OutOfReach: it says nothing within the time, or has no such file.
    """

    def ask() -> RemoteFile:
        with httpx2.Client(follow_redirects=True, timeout=patience_s) as client:
            answer = client.head(url, headers={"Accept-Encoding": "identity"})
        if answer.is_error:
            raise OutOfReach(f"{urlsplit(url).netloc} answered {answer.status_code}")
        if "content-length" not in answer.headers:
            raise OutOfReach(f"{urlsplit(url).netloc} does not say how large it is")
        tag = answer.headers.get("etag", "") + answer.headers["content-length"]
        version = hashlib.sha256(f"{url} {tag}".encode()).hexdigest()
        return RemoteFile(url, int(answer.headers["content-length"]), version, sha256)

    return within(patience_s, ask)


def describe_on_hub(
    repository: str, filename: str, *, revision: str, sha256: str | None = None, patience_s: float
) -> RemoteFile:
    """Return what the hub says about a file of one of its repositories.

    Raises:
        OutOfReach: it says nothing within the time, or does not hand it out.
    """

    def ask() -> RemoteFile:
        found = hub_file(repository, filename, revision, patience_s=patience_s)
        if found is None:
            raise OutOfReach("the hub does not say how large it is")
        return RemoteFile(found.url, found.size_bytes, found.version, sha256 or found.sha256, found.headers)

    return within(patience_s, ask)


def hub_file(repository: str, filename: str, revision: str, *, patience_s: float = _PATIENCE_S) -> RemoteFile | None:
    """Return where the hub keeps a file; None when it does not say enough to fetch it in parts.

    Raises:
        Exception: the hub's or the network's own errors.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.utils import build_hf_headers

    url = hf_hub_url(repository, filename, revision=revision)
    file = get_hf_file_metadata(url, timeout=patience_s)
    if file.etag is None or file.size is None:
        return None
    # Whoever keeps the files for the hub must not see the token.
    is_same_host = urlsplit(file.location).netloc == urlsplit(url).netloc
    return RemoteFile(
        url=file.location,
        size_bytes=file.size,
        version=file.etag,
        # Large files' etags are their hash.
        sha256=file.etag if len(file.etag) == 64 else None,
        headers=build_hf_headers() if is_same_host else {},
    )


def is_offline() -> bool:
    """Return whether this machine was told to fetch nothing (`HF_HUB_OFFLINE`)."""
    try:
        from huggingface_hub import constants
    except ImportError:
        return False
    return constants.HF_HUB_OFFLINE


def within(seconds: float, ask: Callable[[], _Found]) -> _Found:
    """Return what `ask` returns.

    Raises:
        OutOfReach: it takes longer, or fails.
    """
    found: list[_Found] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            found.append(ask())
        except Exception as error:
            failed.append(error)

    # In a thread, because resolving a name may block longer than any timeout that can be asked for.
    asker = threading.Thread(target=run, daemon=True)
    asker.start()
    asker.join(seconds)
    if found:
        return found[0]
    if not failed:
        raise OutOfReach(f"no answer within {seconds:g} s")
    if isinstance(failed[0], OutOfReach):
        raise failed[0]
    raise OutOfReach(f"it cannot be reached from this machine ({type(failed[0]).__name__})") from failed[0]


def sha256_of(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _append(begun: BinaryIO, file: RemoteFile, on_bytes: OnBytes | None) -> None:
    failures = 0
    with httpx2.Client(follow_redirects=True, timeout=_PATIENCE_S) as client:
        while (here := begun.seek(0, os.SEEK_END)) < file.size_bytes:
            before = here
            headers = {**file.headers, "Accept-Encoding": "identity", "Range": f"bytes={here}-"}
            try:
                with client.stream("GET", file.url, headers=headers) as answer:
                    answer.raise_for_status()
                    if here and answer.status_code != 206:
                        begun.truncate(0)
                        before = here = 0
                    for piece in answer.iter_bytes():
                        begun.write(piece)
                        here += len(piece)
                        if on_bytes is not None:
                            on_bytes(here, file.size_bytes)
            except httpx2.HTTPError:  # the line: what came is kept, and asked on
                begun.flush()
                failures = failures + 1 if here == before else 1
                if failures >= _TRIES:
                    raise
                time.sleep(0.1 * failures)
    begun.flush()


def _is_there(target: Path, file: RemoteFile) -> bool:
    return target.is_file() and target.stat().st_size == file.size_bytes
