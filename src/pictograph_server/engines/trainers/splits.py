"""Train, val and test splits: decided by content, the same on every run, and never with a near copy on both sides."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pictograph_server.engines.trainers.base import Sample, Split

# dHashes (64 bits) that differ in at most this many bits are taken for copies of one picture. Re-encoding and resizing
# a photograph moves 0-3 bits; two different photographs differ in about 32.
NEAR_COPY_BITS = 4


def split_samples(
    samples: Sequence[Sample], *, val_fraction: float = 0.2, test_fraction: float = 0.0
) -> dict[str, Split]:
    """Return the split of every sample by its image id. The test split is chosen first, then val from what is left.

    Copies (same bytes, or dHashes at most `NEAR_COPY_BITS` apart) form a group that goes as a whole. Each class, the
    rarest first, sends the groups with the smallest content hash to val until val has its share; so an image keeps its
    split when others come and go, unless it sits on a class's border. Val never takes the last example of a class, but
    for one case: it is never empty when there are two groups.
    """
    groups = sorted(_groups(samples), key=_position)
    chosen: dict[int, Split] = {}
    if test_fraction:
        chosen = dict.fromkeys(_choose_val(groups, test_fraction), "test")
    left = [index for index in range(len(groups)) if index not in chosen]
    # Of all images, not of those that the test split left.
    of_rest = val_fraction / (1 - test_fraction)
    for index in _choose_val([groups[index] for index in left], of_rest):
        chosen[left[index]] = "val"
    return {sample.image_id: chosen.get(index, "train") for index, group in enumerate(groups) for sample in group}


def _choose_val(groups: Sequence[Sequence[Sample]], val_fraction: float) -> set[int]:
    """Return indexes into `groups`, which come in the order of their content hash."""
    labels = [_labels(group) for group in groups]
    holders: dict[str, list[int]] = defaultdict(list)
    for index, names in enumerate(labels):
        for name in names or {""}:  # images without annotations are a class of their own
            holders[name].append(index)

    val: set[int] = set()
    for name in sorted(holders, key=lambda name: (name == "", len(holders[name]), name)):
        images = sum(len(groups[index]) for index in holders[name])
        want = max(round(images * val_fraction), 1) if len(holders[name]) > 1 else 0
        have = sum(len(groups[index]) for index in holders[name] if index in val)
        for index in holders[name]:
            if have >= want:
                break
            if index not in val and not _takes_last(index, val, labels, holders):
                val.add(index)
                have += len(groups[index])

    if not val and len(groups) > 1:
        # Every group holds the only example of something: hold back what costs least.
        val.add(min(range(len(groups)), key=lambda i: (_takes_last(i, val, labels, holders), len(groups[i]), i)))
    return val


def _takes_last(
    index: int, val: set[int], labels: Sequence[frozenset[str]], holders: Mapping[str, Sequence[int]]
) -> bool:
    """Say whether moving a group to val would leave one of its classes with nothing to learn from."""
    return any(all(other == index or other in val for other in holders[name]) for name in labels[index])


def _labels(group: Iterable[Sample]) -> frozenset[str]:
    shapes = {f"class {shape.class_index}" for sample in group for shape in sample.shapes}
    return frozenset(shapes | {f"tag {tag}" for sample in group for tag in sample.tags})


def _position(group: Sequence[Sample]) -> str:
    # Hashed again: the platform's keys may be sorted or chosen by their first digits, this is not.
    return min(hashlib.sha256(f"split {sample.sha256}".encode()).hexdigest() for sample in group)


def _groups(samples: Sequence[Sample]) -> list[list[Sample]]:
    """Return the samples in groups of copies, by union-find."""
    parent = list(range(len(samples)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for first, second in _copies(samples):
        parent[root(first)] = root(second)
    groups: dict[int, list[Sample]] = defaultdict(list)
    for index, sample in enumerate(samples):
        groups[root(index)].append(sample)
    return list(groups.values())


def _copies(samples: Sequence[Sample]) -> Iterable[tuple[int, int]]:
    first_with: dict[str, int] = {}
    representative: dict[str, int] = {}
    for index, sample in enumerate(samples):
        yield index, first_with.setdefault(sample.sha256, index)
        if sample.dhash is not None:
            yield index, representative.setdefault(sample.dhash, index)
    hashes = np.array([int(dhash, 16) for dhash in representative], dtype=np.uint64)
    owners = list(representative.values())
    for first, second in _near_pairs(hashes):
        yield owners[first], owners[second]


def _near_pairs(hashes: NDArray[np.uint64]) -> Iterable[tuple[int, int]]:
    """Yield pairs of positions whose hashes differ in at most `NEAR_COPY_BITS` bits.

    Five bands of 64 bits: with at most four bits changed, one band is untouched, so only hashes that share a band
    need comparing. 50,000 random hashes take seconds instead of the minutes of all pairs.
    """
    bands = NEAR_COPY_BITS + 1
    edges = [64 * band // bands for band in range(bands + 1)]
    for low, high in pairwise(edges):
        band = (hashes >> np.uint64(low)) & np.uint64((1 << (high - low)) - 1)
        order = np.argsort(band, kind="stable")
        changes = np.flatnonzero(np.diff(band[order])) + 1
        for members in np.split(order, changes):
            for offset in range(len(members) - 1):
                distances = np.bitwise_count(hashes[members[offset]] ^ hashes[members[offset + 1 :]])
                for other in members[offset + 1 :][distances <= NEAR_COPY_BITS]:
                    yield int(members[offset]), int(other)


def count_by_split(splits: Mapping[str, Split]) -> dict[Split, int]:
    """Return how many images each split holds."""
    counts = Counter(splits.values())
    return {split: counts[split] for split in ("train", "val", "test") if counts[split]}
