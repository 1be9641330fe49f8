"""Who gets which name: file names are unique within a folder, so an image that comes to one may find its name taken."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from pictograph.models.batch import BatchFailure, DuplicateHandling
from pictograph_server.services.images.paths import MAX_FILENAME_LENGTH

from . import repository
from .repository import Path

# How many numbers are looked up first; then twice as many each time.
_NUMBERS_A_LOOK = 8


@dataclass(frozen=True, slots=True)
class Wish:
    """An image that is to have a name in a folder. A name that it has itself already is not taken, but for copies."""

    image_id: str
    folder_path: str
    filename: str
    is_copy: bool = False

    @property
    def path(self) -> Path:
        return self.folder_path, self.filename


@dataclass(slots=True)
class Placement:
    """What became of wishes: the names granted, the wishes refused, and the images that give way to them."""

    granted: dict[str, Path] = field(default_factory=dict[str, Path])
    refused: list[BatchFailure] = field(default_factory=list[BatchFailure])
    # To be taken to the trash before the names are given.
    displaced: list[str] = field(default_factory=list[str])
    renamed: dict[str, str] = field(default_factory=dict[str, str])


def place(conn: Connection, dataset_id: str, wishes: Sequence[Wish], handling: DuplicateHandling) -> Placement:
    """Decide all wishes together, in the order given; images that are where they want to be come first.

    The caller holds the dataset, so nobody takes a name meanwhile.
    """
    holders = repository.holders(conn, dataset_id, [wish.path for wish in wishes])
    placement = Placement()
    given: set[Path] = set()
    waiting: list[Wish] = []
    for wish in wishes:
        if not wish.is_copy and holders.get(wish.path) == wish.image_id:
            placement.granted[wish.image_id] = wish.path
            given.add(wish.path)
        else:
            waiting.append(wish)
    unlucky: list[Wish] = []
    for wish in waiting:
        holder = holders.get(wish.path)
        if wish.path not in given and holder is None:
            pass
        elif handling == "rename":
            unlucky.append(wish)
            continue
        elif handling == "skip" or wish.path in given or holder == wish.image_id:
            placement.refused.append(BatchFailure(id=wish.image_id, reason=_reason(wish, holder, given)))
            continue
        elif holder is not None:
            placement.displaced.append(holder)
        placement.granted[wish.image_id] = wish.path
        given.add(wish.path)
    _number(conn, dataset_id, unlucky, given, placement)
    return placement


def _reason(wish: Wish, holder: str | None, given: set[Path]) -> str:
    if wish.is_copy and holder == wish.image_id and wish.path not in given:
        return f"a copy would have the place of the image itself, {_shown(wish)}"
    who = "another image of this request is" if wish.path in given else "an image is"
    return f"{who} at {_shown(wish)} already"


def _shown(wish: Wish) -> str:
    return repr(f"{wish.folder_path.rstrip('/')}/{wish.filename}")


def _number(conn: Connection, dataset_id: str, wishes: Sequence[Wish], given: set[Path], placement: Placement) -> None:
    """Give each the first free of `name-2.jpg`, `name-3.jpg` …"""
    groups: dict[Path, list[Wish]] = {}
    for wish in wishes:
        groups.setdefault(wish.path, []).append(wish)
    first, window = 2, _NUMBERS_A_LOOK
    while groups:
        looked = {path: max(window, len(group)) for path, group in groups.items()}
        names = {path: list(_numbered(path, first, first + count)) for path, count in looked.items()}
        taken = repository.holders(conn, dataset_id, [name for each in names.values() for name in each])
        for path, group in list(groups.items()):
            free = [name for name in names[path] if name not in taken and name not in given]
            for wish, name in zip(group, free, strict=False):
                placement.granted[wish.image_id] = name
                placement.renamed[wish.image_id] = name[1]
                given.add(name)
            if len(free) >= len(group):
                del groups[path]
            else:
                groups[path] = group[len(free) :]
        # All groups begin at the same number, so that none is passed over: the shortest look counts.
        first += min(looked.values())
        window *= 2


def _numbered(path: Path, first: int, end: int) -> Iterator[Path]:
    folder, filename = path
    stem, dot, suffix = filename.rpartition(".")
    if not stem:
        stem, dot, suffix = filename, "", ""
    for number in range(first, end):
        ending = f"-{number}{dot}{suffix}"
        yield folder, stem[: MAX_FILENAME_LENGTH - len(ending)] + ending
