"""Where the files of a checkpoint are: a folder, the hub's cache here, or the hub itself, known within seconds."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from pictograph_server.engines.errors import EngineUnavailable

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

SAM3 = "facebook/sam3"
TINY_FOLDER = Path(__file__).parent / "tiny"

# Longest time to find out that the hub cannot be used. The loaders of the hub's own library retry for minutes.
HUB_PATIENCE_S = 4.0
_WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
# The published repository also holds the weights in other forms, gigabytes that nothing here reads.
_PATTERNS = ["*.json", "*.txt", "*.safetensors"]


def locate(checkpoint: str, *, may_download: bool = True) -> Path:
    """Return the folder with the files of a checkpoint: a local folder, or a hub id such as `facebook/sam3`.

    Raises:
        EngineUnavailable: it is neither here nor to be had, and why: not a checkpoint, hub unreachable, licence not
            accepted, not logged in.
    """
    if _is_path(checkpoint):
        return _local_folder(Path(checkpoint).expanduser())
    cached = cached_folder(checkpoint)
    if cached is not None:
        return cached
    if not may_download:
        what = f"The weights of {checkpoint} are not on this machine"
        raise EngineUnavailable(what, why="nobody is logged in to the hub to get them", fix=_fix(checkpoint))
    ask_hub(checkpoint)
    return _download(checkpoint)


def cached_folder(repository: str) -> Path | None:
    """Return the folder of a complete checkpoint in the hub's cache on this machine, or None. Sends nothing."""
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return None
    config = try_to_load_from_cache(repository, "config.json")
    if not isinstance(config, str):
        return None
    folder = Path(config).parent
    return folder if any((folder / name).exists() for name in _WEIGHTS) else None


def is_logged_in() -> bool:
    """Return whether this machine has a token for the hub. Sends nothing."""
    try:
        from huggingface_hub import get_token
    except ImportError:
        return False
    return get_token() is not None


def ask_hub(repository: str) -> None:
    """Return when the hub would hand out the repository's files.

    Raises:
        EngineUnavailable: it would not, or did not answer within `HUB_PATIENCE_S`.
    """
    failures: list[EngineUnavailable | None] = []
    # In a thread, because resolving a name may block longer than any timeout that can be asked for.
    asker = threading.Thread(target=lambda: failures.append(_hub_failure(repository)), daemon=True)
    asker.start()
    asker.join(HUB_PATIENCE_S)
    failure = failures[0] if failures else _unreachable(repository, f"no answer within {HUB_PATIENCE_S:.0f} s")
    if failure is not None:
        raise failure


def _hub_failure(repository: str) -> EngineUnavailable | None:
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, OfflineModeIsEnabled, RepositoryNotFoundError

    what = f"The weights of {repository} cannot be downloaded"
    try:
        get_hf_file_metadata(hf_hub_url(repository, "config.json"), timeout=HUB_PATIENCE_S)
    except GatedRepoError as error:  # before RepositoryNotFoundError, which it derives from
        if _status(error) == 403:
            return EngineUnavailable(what, why="this account has not accepted their licence", fix=_fix(repository))
        return EngineUnavailable(what, why="nobody is logged in to the hub", fix=_fix(repository))
    except RepositoryNotFoundError:
        why = "the hub knows no such repository, or this account may not see it"
        return EngineUnavailable(what, why=why, fix="Check the name, or log in with `hf auth login`")
    except OfflineModeIsEnabled:
        return _unreachable(repository, "offline mode is switched on (HF_HUB_OFFLINE)")
    except HfHubHTTPError as error:
        if _status(error) == 401:
            return EngineUnavailable(what, why="the hub refuses this machine's token", fix="Log in: `hf auth login`")
        return _unreachable(repository, f"the hub answered {_status(error)}")
    except Exception as error:
        return _unreachable(repository, type(error).__name__)
    return None


def _download(repository: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(repository, allow_patterns=_PATTERNS))
    except Exception as error:
        raise _unreachable(repository, f"the download broke off ({type(error).__name__})") from error


def _is_path(checkpoint: str) -> bool:
    return (
        Path(checkpoint).expanduser().exists() or checkpoint.startswith(("/", ".", "~")) or checkpoint.count("/") != 1
    )


def _local_folder(folder: Path) -> Path:
    what = f"{folder} cannot be used as a SAM 3 checkpoint"
    fix = "Give a folder with config.json, model.safetensors, processor_config.json and the tokenizer, or a hub id"
    if not folder.is_dir():
        raise EngineUnavailable(what, why="there is no such folder", fix=fix)
    missing = [
        name for name in ("config.json", "processor_config.json", "tokenizer.json") if not (folder / name).exists()
    ]
    if not any((folder / name).exists() for name in _WEIGHTS):
        missing.append(_WEIGHTS[0])
    if missing:
        raise EngineUnavailable(what, why=f"it lacks {', '.join(missing)}", fix=fix)
    return folder


def _unreachable(repository: str, reason: str) -> EngineUnavailable:
    return EngineUnavailable(
        f"The weights of {repository} cannot be downloaded",
        why=f"the hub cannot be reached from this machine ({reason})",
        fix="Copy the checkpoint to a folder here and set PICTOGRAPH_ANNOTATOR to it",
    )


def _fix(repository: str) -> str:
    return (
        f"Accept the licence on the hub's page of {repository} and run `hf auth login`, "
        "or set PICTOGRAPH_ANNOTATOR to a folder with the checkpoint"
    )


def _status(error: "HfHubHTTPError") -> int:
    return error.response.status_code
