"""Near copies among hundreds of thousands of images: hashes that differ in few bits, confirmed by what is on them."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pictograph_server.services.images.descriptor import LENGTH, unit_rows

_BITS = 64
# Least similarity of near copies. Flat pictures share their hash with others that are of another colour.
_ALIKE = 0.9
# Hashes that share a band are compared with so many of those next to them, in the order of the whole hash: where
# thousands have one hash, as dark or empty pictures do, a copy further off is missed.
_NEIGHBOURS = 64

Descriptors = Callable[[Sequence[str]], dict[str, bytes]]


def groups_of(hashes: Sequence[tuple[str, str]], descriptors_of: Descriptors, *, max_distance: int) -> list[list[str]]:
    """Return groups of ids whose 64-bit hashes (16 hex digits) differ from another's in at most `max_distance` bits.

    What differs in so many bits agrees in one of `max_distance + 1` bands of the hash, so only images that share a band
    are compared: the time grows with the number of images, not with its square.
    """
    ids = [image_id for image_id, _ in hashes]
    values = np.frombuffer(bytes.fromhex("".join(value for _, value in hashes)), dtype=">u8").astype(np.uint64)
    groups = _Groups(len(ids))
    for pairs in _pairs(values, max_distance):
        for one, other in _alike(pairs, ids, descriptors_of):
            groups.join(one, other)
    return [[ids[index] for index in group] for group in groups.all()]


def _pairs(values: NDArray[np.uint64], max_distance: int) -> Iterator[NDArray[np.int64]]:
    """Yield pairs of positions whose hashes are that near, shape `(pairs, 2)`."""
    edges = [_BITS * band // (max_distance + 1) for band in range(max_distance + 2)]
    for start, end in pairwise(edges):
        mask = np.uint64(((1 << (end - start)) - 1) << start)
        band = values & mask
        order = np.lexsort((values, band))
        for step in range(1, min(_NEIGHBOURS, len(values) - 1) + 1):
            left, right = order[:-step], order[step:]
            is_near = band[left] == band[right]
            if not is_near.any():
                break
            is_near &= np.bitwise_count(values[left] ^ values[right]) <= max_distance
            yield np.stack([left[is_near], right[is_near]], axis=1)


def _alike(pairs: NDArray[np.int64], ids: Sequence[str], descriptors_of: Descriptors) -> list[tuple[int, int]]:
    """Return those of the pairs that look alike, too."""
    positions = np.unique(pairs)
    wanted = [ids[int(position)] for position in positions]
    known = descriptors_of(wanted)
    empty = bytes(LENGTH)
    rows = unit_rows([known.get(image_id, empty) for image_id in wanted])
    one, other = np.searchsorted(positions, pairs[:, 0]), np.searchsorted(positions, pairs[:, 1])
    is_alike = np.einsum("ij,ij->i", rows[one], rows[other]) >= _ALIKE
    return [(int(left), int(right)) for left, right in pairs[is_alike]]


class _Groups:
    """Sets of positions that are joined, each known by its least one."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self._root(one), self._root(other)))
        self._parent[high] = low

    def all(self) -> list[list[int]]:
        """Return the groups of two and more, the largest first."""
        found: dict[int, list[int]] = {}
        for position in range(len(self._parent)):
            found.setdefault(self._root(position), []).append(position)
        return sorted((group for group in found.values() if len(group) > 1), key=lambda group: (-len(group), group[0]))

    def _root(self, position: int) -> int:
        while self._parent[position] != position:
            self._parent[position] = self._parent[self._parent[position]]
            position = self._parent[position]
        return position
