"""Where pages by offset began, so that the next one need not be looked for from an end of the dataset.

An index passes over half a million images in 60 ms, and who lists a dataset page by page would do so for each. What is
remembered is right as long as the dataset's generation stays (`tallies_repository.generation`).
"""

from bisect import bisect, bisect_left
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

_LISTS_KEPT = 64
_STARTS_KEPT = 2000
# Nearer than this to one that is known, another start saves nothing.
_APART = 500


@dataclass(slots=True)
class _Starts:
    """Offsets, ascending, and the id of the image at each."""

    generation: int
    offsets: list[int] = field(default_factory=list[int])
    ids: list[str] = field(default_factory=list[str])


class PageStarts:
    """Remembers (offset, id) of lists of images, newest first; each process its own.

    A list is a dataset and the statuses asked for.
    """

    def __init__(self) -> None:
        self._lists: OrderedDict[tuple[str, ...], _Starts] = OrderedDict()
        self._lock = Lock()

    def nearest(
        self, dataset_id: str, statuses: Sequence[str] | None, generation: int, offset: int
    ) -> tuple[int, str] | None:
        """Return the known (offset, id) that is nearest to an offset of the dataset as it was in a generation."""
        with self._lock:
            starts = self._lists.get(_key(dataset_id, statuses))
            if starts is None or starts.generation != generation or not starts.offsets:
                return None
            after = bisect(starts.offsets, offset)
            around = [index for index in (after - 1, after) if 0 <= index < len(starts.offsets)]
            best = min(around, key=lambda index: abs(starts.offsets[index] - offset))
            return starts.offsets[best], starts.ids[best]

    def remember(
        self, dataset_id: str, statuses: Sequence[str] | None, generation: int, offset: int, image_id: str
    ) -> None:
        """Remember which image is at an offset. What is known of earlier generations is forgotten."""
        key = _key(dataset_id, statuses)
        with self._lock:
            starts = self._lists.get(key)
            if starts is None or starts.generation < generation:
                starts = self._lists[key] = _Starts(generation)
            if starts.generation > generation or len(starts.offsets) >= _STARTS_KEPT:
                return
            self._lists.move_to_end(key)
            place = bisect_left(starts.offsets, offset)
            if any(abs(known - offset) < _APART for known in starts.offsets[max(place - 1, 0) : place + 1]):
                return
            starts.offsets.insert(place, offset)
            starts.ids.insert(place, image_id)
            while len(self._lists) > _LISTS_KEPT:
                self._lists.popitem(last=False)


def _key(dataset_id: str, statuses: Sequence[str] | None) -> tuple[str, ...]:
    return (dataset_id, "*") if statuses is None else (dataset_id, *sorted(statuses))
