"""Near copies: every pair within the distance is found, as a comparison of all with all finds it."""

import random

import pytest

from pictograph_server.services.images.descriptor import LENGTH
from pictograph_server.services.search.near_copies import groups_of


@pytest.mark.parametrize("max_distance", [0, 1, 4, 8])
def test_groups_of__agrees_with_comparing_all(max_distance: int) -> None:
    chance = random.Random(max_distance)
    values = [chance.getrandbits(64) for _ in range(60)]
    # Copies that differ in up to ten bits, and copies of copies.
    for _ in range(140):
        value = chance.choice(values)
        for bit in chance.sample(range(64), chance.randrange(11)):
            value ^= 1 << bit
        values.append(value)
    ids = [f"i{number:03}" for number in range(len(values))]
    hashes = [(image_id, f"{value:016x}") for image_id, value in zip(ids, values, strict=True)]
    found = groups_of(hashes, _all_alike, max_distance=max_distance)
    assert {frozenset(group) for group in found} == _by_comparing_all(dict(zip(ids, values, strict=True)), max_distance)
    assert [len(group) for group in found] == sorted(map(len, found), reverse=True)


def test_groups_of__one_hash_many_times() -> None:
    hashes = [(f"i{number}", "0123456789abcdef") for number in range(500)]
    (group,) = groups_of(hashes, _all_alike, max_distance=4)
    assert len(group) == 500


def test_groups_of__one_image() -> None:
    assert groups_of([("i", "00" * 8)], _all_alike, max_distance=4) == []


def _all_alike(ids: object) -> dict[str, bytes]:
    return dict.fromkeys(ids, b"\x01" * LENGTH)  # pyright: ignore[reportArgumentType, reportCallIssue]


def _by_comparing_all(values: dict[str, int], max_distance: int) -> set[frozenset[str]]:
    groups = {image_id: {image_id} for image_id in values}
    for one, first in values.items():
        for other, second in values.items():
            if one < other and (first ^ second).bit_count() <= max_distance and groups[one] is not groups[other]:
                groups[one] |= groups[other]
                for image_id in groups[other]:
                    groups[image_id] = groups[one]
    return {frozenset(group) for group in groups.values() if len(group) > 1}
