"""What is in a checkpoint folder: which annotator it belongs to, and which network lies where in it."""

from pathlib import Path

from pictograph_server.engines.annotators.checkpoints import weights
from pictograph_server.engines.annotators.checkpoints.catalogue import (
    GROUNDING_DINO,
    KNOWN,
    OWLV2,
    SAM2,
    SAM3,
    KnownAnnotator,
    Repository,
    model_type,
)
from pictograph_server.engines.errors import EngineUnavailable

# A model that was trained here.
TRAINED = "trained"
_TRAINED_FILE = "model.onnx"
_ALL = (SAM3, GROUNDING_DINO, OWLV2, SAM2)


def annotator_in(folder: Path) -> str:
    """Return the annotator that a folder belongs to: a name of the registry, or `trained`.

    Raises:
        EngineUnavailable: there is no such folder, or it holds a network that no annotator is made of.
    """
    if not folder.is_dir():
        raise EngineUnavailable(
            f"{folder} cannot be used as a checkpoint", why="there is no such folder", fix="Check its name"
        )
    if (folder / _TRAINED_FILE).is_file():
        return TRAINED
    networks = networks_in(folder)
    for known in KNOWN:
        if known.repositories and known.repositories[0] in networks:
            return known.name
    kind = model_type(folder)
    if kind is None:
        # Whatever is missing from a SAM 3 checkpoint is said by name.
        return "sam3"
    raise EngineUnavailable(
        f"{folder} cannot be used as a checkpoint",
        why=f"its network is {kind!r}, which no annotator is made of",
        fix="Give a folder with SAM 3, Grounding DINO (and SAM 2.1 beside it), OWLv2, or a model trained here",
    )


def networks_in(folder: Path) -> dict[Repository, Path]:
    """Return the networks that lie in a folder or in its sub-folders, as `pictograph engines pull --to` puts them."""
    found: dict[Repository, Path] = {}
    for place in (folder, *sorted(path for path in folder.iterdir() if path.is_dir())):
        kind = model_type(place)
        repository = next((each for each in _ALL if kind in each.model_types), None)
        if repository is not None:
            found.setdefault(repository, place)
    return found


def locate_network(repository: Repository, folder: Path | None) -> Path:
    """Return where a network is: in the folder if there is one and it has it, else in the cache, else fetched.

    Raises:
        EngineUnavailable: it is nowhere to be had; says why.
    """
    place = networks_in(folder).get(repository) if folder is not None else None
    return weights.complete_folder(place, repository) if place is not None else weights.locate(repository.id)


def optional_networks(known: KnownAnnotator, folder: Path | None) -> list[Repository]:
    """Return those of an annotator's optional networks that are on this machine: none is fetched for its own sake."""
    here = networks_in(folder) if folder is not None else {}
    return [each for each in known.optional if each in here or weights.cached_folder(each.id) is not None]


def engine_name(known: KnownAnnotator, folder: Path | None) -> str:
    """Return `engine@checkpoint`, the name that an annotator of several networks has when it is opened here."""
    here = networks_in(folder) if folder is not None else {}
    used = [*known.repositories, *optional_networks(known, folder)]
    return f"{known.name}@{'+'.join(here[each].resolve().name if each in here else each.short_name for each in used)}"
