"""Models that were downloaded to predict here: kept by their id, used again while their bytes are whole."""

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path

NETWORK = "model.onnx"
# Of the network, written last: without it, or with another one, the download did not end or the disk lost something.
_DIGEST = "model.onnx.sha256"


def cached_network(cache: Path, model_id: str, download: Callable[[Path], object]) -> Path:
    """Return a model's ONNX file in the cache; `download` writes it when it is not there whole.

    Several processes may do this at once: each downloads beside, and the last one's file stays. A ready model's bytes
    never change, so what is whole is right.

    Raises:
        OSError: the cache cannot be written.
    """
    folder = cache / _folder_name(model_id)
    network = folder / NETWORK
    if _is_whole(network):
        return network
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".download-") as temporary:
        fresh, digest = Path(temporary) / NETWORK, Path(temporary) / _DIGEST
        download(fresh)
        digest.write_text(_sha256(fresh), encoding="ascii")
        fresh.replace(network)
        digest.replace(folder / _DIGEST)
    return network


def _is_whole(network: Path) -> bool:
    try:
        return network.with_name(_DIGEST).read_text(encoding="ascii") == _sha256(network)
    except (OSError, ValueError):
        return False


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _folder_name(model_id: str) -> str:
    # Ids are the server's, and only those that can be nothing but a name become one.
    is_plain = model_id.replace("-", "").isalnum() and model_id.isascii() and len(model_id) <= 64
    return model_id if is_plain else hashlib.sha256(model_id.encode()).hexdigest()
