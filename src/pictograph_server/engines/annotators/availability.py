"""Which annotators can be used on this machine, and why the others cannot; known within seconds, without torch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pictograph_server.engines.annotators.base import Capability
from pictograph_server.engines.annotators.card import CheckpointCard, check_known, read_card
from pictograph_server.engines.annotators.checkpoints import folders, weights
from pictograph_server.engines.annotators.checkpoints.catalogue import (
    KNOWN,
    NAMES,
    KnownAnnotator,
    Repository,
    known_annotator,
)
from pictograph_server.engines.annotators.checkpoints.download import check_room
from pictograph_server.engines.annotators.checkpoints.hub import ask_hub_for
from pictograph_server.engines.annotators.packages import check_packages
from pictograph_server.engines.errors import EngineUnavailable

AUTO = "auto"
_EXTRA = "sam3"
# What `auto` tries before it takes the one that ships, best first.
_CANDIDATES = KNOWN[:2]


@dataclass(frozen=True, slots=True)
class Usable:
    """An annotator that can be opened here."""

    # What `registry.open_annotator` takes: never `auto`.
    choice: str
    # `engine@checkpoint`, as the annotations will say.
    engine: str
    capabilities: frozenset[Capability]
    card: CheckpointCard | None = None
    # Why a better one was not taken, where `auto` ended at the one that ships.
    why_narrow: str | None = None

    def check_prompts(self, prompts: Sequence[str]) -> None:
        """Raise `UnknownClasses` when the checkpoint is known to lack some of the prompts."""
        if self.card is not None:
            check_known(self.card, prompts, why_narrow=self.why_narrow)


@dataclass(frozen=True, slots=True)
class AnnotatorState:
    """How an annotator stands on this machine, for people who look."""

    name: str
    title: str
    summary: str
    # The networks it is made of: hub ids.
    checkpoint: str
    is_available: bool
    # The weights are on this machine; else the first use fetches them.
    is_here: bool
    download_bytes: int
    capabilities: frozenset[Capability]
    license: str
    is_licensed_separately: bool
    why_not: str | None = None
    fix: str | None = None


def check(choice: str) -> str:
    """Return what `choice` comes to here, for `registry.open_annotator`: `auto` becomes a name, the rest stays.

    Raises:
        EngineUnavailable: it cannot be used here; says why and what to do, within five seconds.
    """
    return find(choice).choice


def find(choice: str) -> Usable:
    """Return the annotator that `choice` means: `auto`, a name, a folder, or the hub id of a SAM 3 checkpoint.

    Raises:
        EngineUnavailable: as `check`.
    """
    known = known_annotator(choice)
    if choice == AUTO:
        return _best()
    if known is not None:
        return _named(known)
    if "/" not in choice and not Path(choice).expanduser().exists():
        raise unknown_annotator(choice)
    return _in_folder(choice, Path(choice).expanduser()) if weights.is_path(choice) else _on_hub(choice)


def survey() -> list[AnnotatorState]:
    """Return how every annotator stands here, best first. The hub is asked once, about all that is missing."""
    absent = {known.name: _absent(known) for known in KNOWN}
    try:
        check_packages(_EXTRA, purpose="Labelling")
    except EngineUnavailable as problem:
        return [_state(known, absent[known.name], problem) for known in KNOWN]
    problems = _problems(each for missing in absent.values() for each in missing)
    return [
        _state(known, absent[known.name], next((problems[r] for r in absent[known.name] if r in problems), None))
        for known in KNOWN
    ]


def unknown_annotator(choice: str) -> EngineUnavailable:
    names = ", ".join([AUTO, *NAMES])
    return EngineUnavailable(
        f"There is no annotator {choice!r}",
        why="it is no name of one, and there is no such folder",
        fix=f"Choose one of {names}, a folder with a checkpoint, or a hub id such as {weights.SAM3}",
    )


def _best() -> Usable:
    """Return the first of the candidates that can be used here, else the one that ships, with the reasons."""
    check_packages(_EXTRA, purpose="Automatic labelling")
    absent: dict[KnownAnnotator, list[Repository]] = {}
    for known in _CANDIDATES:
        absent[known] = _absent(known)
        if not absent[known]:
            # What comes after it need not be looked for.
            break
    problems = _problems(each for missing in absent.values() for each in missing)
    reasons: list[str] = []
    for known, missing in absent.items():
        problem = next((problems[each] for each in missing if each in problems), None)
        if problem is None:
            return _usable(known)
        reasons.append(f"{problem.what}: {problem.why}")
    tiny = known_annotator("tiny")
    assert tiny is not None
    return replace(_usable(tiny), why_narrow="; ".join(reasons))


def _named(known: KnownAnnotator) -> Usable:
    check_packages(_EXTRA, purpose=known.title)
    for problem in _problems(_absent(known)).values():
        raise problem
    return _usable(known)


def _usable(known: KnownAnnotator, folder: Path | None = None, *, choice: str | None = None) -> Usable:
    if known.name == "tiny" or known.name == "sam3":
        return _sam3(known, folder, choice or known.name)
    capabilities = known.capabilities
    if known.optional and not folders.optional_networks(known, folder):
        capabilities -= {Capability.BOX, Capability.POINT}
    return Usable(choice or known.name, folders.engine_name(known, folder), capabilities)


def _sam3(known: KnownAnnotator, folder: Path | None, choice: str) -> Usable:
    folder = weights.TINY_FOLDER if known.name == "tiny" else folder
    if folder is None:
        return Usable(choice, f"sam3@{weights.SAM3}", known.capabilities)
    card = read_card(folder)
    return Usable(choice, f"sam3@{card.name if card else folder.resolve().name}", known.capabilities, card)


def _on_hub(checkpoint: str) -> Usable:
    check_packages(_EXTRA, purpose=checkpoint)
    if weights.cached_folder(checkpoint) is None:
        for problem in _problems([weights.repository_of(checkpoint)]).values():
            raise problem
    return Usable(checkpoint, f"sam3@{checkpoint}", KNOWN[0].capabilities)


def _in_folder(choice: str, folder: Path) -> Usable:
    name = folders.annotator_in(folder)
    known = known_annotator(name)
    if known is None:
        check_packages("inference", purpose="A trained model")
        return Usable(choice, f"model:{folder.resolve().name}", frozenset({Capability.TEXT, Capability.TAG}))
    check_packages(_EXTRA, purpose=known.title)
    networks = folders.networks_in(folder)
    for repository in known.repositories:
        if repository in networks or known.name == "sam3":
            weights.complete_folder(networks.get(repository, folder), repository)
        elif weights.cached_folder(repository.id) is None:
            for problem in _problems([repository]).values():
                raise problem
    return _usable(
        known, networks.get(known.repositories[0], folder) if known.name == "sam3" else folder, choice=choice
    )


def _absent(known: KnownAnnotator) -> list[Repository]:
    return [each for each in known.repositories if weights.cached_folder(each.id) is None]


def _problems(repositories: Iterable[Repository]) -> dict[Repository, EngineUnavailable]:
    """Return why some of the repositories cannot be fetched; the hub is asked about all of them at once."""
    found: dict[Repository, EngineUnavailable] = {}
    to_ask: list[Repository] = []
    for repository in dict.fromkeys(repositories):
        try:
            if repository.is_gated and not weights.is_logged_in():
                # The hub would refuse anyway: nothing is sent.
                raise weights.not_logged_in(repository.id)
            check_room(repository)
            to_ask.append(repository)
        except EngineUnavailable as problem:
            found[repository] = problem
    for repository, refusal in zip(to_ask, ask_hub_for([each.id for each in to_ask]), strict=True):
        if refusal is not None:
            found[repository] = refusal.error
    return found


def _state(known: KnownAnnotator, absent: list[Repository], problem: EngineUnavailable | None) -> AnnotatorState:
    used = [*known.repositories, *folders.optional_networks(known, None)]
    return AnnotatorState(
        name=known.name,
        title=known.title,
        summary=known.summary,
        checkpoint=" + ".join(each.id for each in used) or "ships with the platform",
        is_available=problem is None,
        is_here=not absent,
        download_bytes=sum(each.size_bytes for each in absent),
        capabilities=known.capabilities,
        license=known.license,
        is_licensed_separately=known.is_licensed_separately,
        why_not=problem and (f"{problem.what}: {problem.why}" if problem.why else problem.what),
        fix=problem and problem.fix,
    )
