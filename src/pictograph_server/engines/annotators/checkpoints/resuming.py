"""A large file of a checkpoint, put where the hub's library looks for it: everything after this goes its way."""

from pathlib import Path

from pictograph_server.engines.downloads import fetch, hub_file


def fetch_file(repository: str, filename: str, revision: str, folder: Path | None) -> None:
    """Put one file of a repository into a folder, or into the hub's cache. Goes on where it broke off.

    Raises:
        Exception: the hub's or the network's own errors; what has come by then is kept.
        Damaged: the bytes are wrong.
    """
    file = hub_file(repository, filename, revision)
    if file is None:
        return  # The library fetches it its own way.
    fetch(file, folder / filename if folder is not None else _blob(repository, file.version))


def _blob(repository: str, etag: str) -> Path:
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE) / f"models--{repository.replace('/', '--')}" / "blobs" / etag
