"""Where the files of a checkpoint are: a folder, the hub's cache here, or the hub itself, known within seconds."""

from pathlib import Path

from pictograph_server.engines.annotators.checkpoints import catalogue
from pictograph_server.engines.annotators.checkpoints.catalogue import Repository
from pictograph_server.engines.annotators.checkpoints.download import download
from pictograph_server.engines.annotators.checkpoints.hub import ask_hub, is_logged_in, login_fix
from pictograph_server.engines.errors import EngineUnavailable

SAM3 = catalogue.SAM3.id
TINY_FOLDER = Path(__file__).parent.parent / "tiny"


def locate(checkpoint: str, *, may_download: bool = True) -> Path:
    """Return the folder with the files of a checkpoint: a local folder, or a hub id such as `facebook/sam3`.

    Raises:
        EngineUnavailable: it is neither here nor to be had, and why: not a checkpoint, hub unreachable, licence not
            accepted, not logged in, no room for it.
    """
    repository = repository_of(checkpoint)
    if is_path(checkpoint):
        return complete_folder(Path(checkpoint).expanduser(), repository)
    cached = cached_folder(checkpoint)
    if cached is not None:
        return cached
    if not may_download:
        raise not_logged_in(checkpoint)
    ask_hub(checkpoint)
    return download(repository)


def cached_folder(checkpoint: str) -> Path | None:
    """Return the folder of a complete checkpoint in the hub's cache on this machine, or None. Sends nothing."""
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return None
    config = try_to_load_from_cache(checkpoint, "config.json")
    if not isinstance(config, str):
        return None
    folder = Path(config).parent
    return None if repository_of(checkpoint).missing(folder) else folder


def repository_of(checkpoint: str) -> Repository:
    """Return what is known about a hub id; another is taken for a SAM 3 checkpoint, as folders are."""
    for known in catalogue.KNOWN:
        for repository in known.all_repositories:
            if repository.id == checkpoint:
                return repository
    return Repository(checkpoint, catalogue.SAM3.model_types, 0, "unknown", needs=catalogue.SAM3.needs)


def is_path(checkpoint: str) -> bool:
    """Return whether a checkpoint is named by a folder, not by a hub id (`owner/name`)."""
    return (
        Path(checkpoint).expanduser().exists() or checkpoint.startswith(("/", ".", "~")) or checkpoint.count("/") != 1
    )


def complete_folder(folder: Path, repository: Repository = catalogue.SAM3) -> Path:
    """Return the folder when it holds everything that a checkpoint of this kind needs.

    Raises:
        EngineUnavailable: it does not, or is not there; says what is missing.
    """
    kind = "SAM 3" if "sam3_video" in repository.model_types else repository.short_name
    what = f"{folder} cannot be used as a {kind} checkpoint"
    fix = "Give a folder with config.json, model.safetensors, processor_config.json and the tokenizer, or a hub id"
    if not folder.is_dir():
        raise EngineUnavailable(what, why="there is no such folder", fix=fix)
    missing = repository.missing(folder)
    if missing:
        raise EngineUnavailable(what, why=f"it lacks {', '.join(missing)}", fix=fix)
    return folder


def not_logged_in(checkpoint: str) -> EngineUnavailable:
    what = f"The weights of {checkpoint} are not on this machine"
    return EngineUnavailable(what, why="nobody is logged in to the hub to get them", fix=login_fix(checkpoint))


__all__ = ["SAM3", "TINY_FOLDER", "cached_folder", "complete_folder", "is_logged_in", "is_path", "locate"]
