"""How long who guesses passwords has to wait."""

from datetime import UTC, datetime, timedelta

import pytest

from pictograph_server.platform import Platform
from pictograph_server.services.accounts import guesses
from pictograph_server.services.accounts.guesses import ACCOUNT, ADDRESS, HERE, TooManyGuesses

START = datetime(2026, 1, 1, tzinfo=UTC)
HOME, OFFICE = "192.0.2.1", "198.51.100.7"


def _takes(platform: Platform, email: str, address: str, seconds: float) -> bool:
    try:
        with platform.db.write() as conn:
            guesses.take(conn, email, address, moment=START + timedelta(seconds=seconds))
    except TooManyGuesses:
        return False
    return True


@pytest.mark.parametrize(
    ("failures", "wait_s"), [(0, 0), (4, 0), (5, 1), (6, 2), (9, 16), (13, 256), (14, 300), (99, 300)]
)
def test_allowance__doubles_up_to_five_minutes(failures: int, wait_s: int) -> None:
    assert HERE.wait_s(failures) == wait_s


def test_take__waits_longer_with_every_failure(platform: Platform) -> None:
    assert [_takes(platform, "ada", HOME, 0) for _ in range(6)] == [True] * 5 + [False]
    assert _takes(platform, "ada", HOME, 1)
    assert not _takes(platform, "ada", HOME, 2.9)
    assert _takes(platform, "ada", HOME, 3)


def test_take__the_owner_comes_in_from_elsewhere(platform: Platform) -> None:
    for _ in range(6):
        _takes(platform, "ada", HOME, 0)
    assert _takes(platform, "ada", OFFICE, 0)


def test_take__many_addresses_are_slowed_down_at_one_account(platform: Platform) -> None:
    tries = [_takes(platform, "ada", f"192.0.2.{number}", 0) for number in range(ACCOUNT.free + 1)]
    assert tries == [True] * ACCOUNT.free + [False]


def test_take__one_address_is_slowed_down_at_many_accounts(platform: Platform) -> None:
    tries = [_takes(platform, f"person {number}", HOME, 0) for number in range(ADDRESS.free + 1)]
    assert tries == [True] * ADDRESS.free + [False]


def test_take__addresses_of_one_network_are_one(platform: Platform) -> None:
    """Whoever has an IPv6 address has 2**64 of them."""
    tries = [_takes(platform, "ada", f"2001:db8::{number:x}", 0) for number in range(HERE.free + 1)]
    assert tries == [True] * HERE.free + [False]
    assert _takes(platform, "ada", "2001:db8:0:1::1", 0)


def test_take__failures_are_forgotten_after_an_hour(platform: Platform) -> None:
    for _ in range(6):
        _takes(platform, "ada", HOME, 0)
    assert [_takes(platform, "ada", HOME, 3600) for _ in range(6)] == [True] * 5 + [False]


def test_forgive__the_address_keeps_its_other_failures(platform: Platform) -> None:
    """Or signing in to an account of one's own would pay for guesses at others."""
    for number in range(ADDRESS.free - 1):
        _takes(platform, f"person {number}", HOME, 0)
    for _ in range(2):
        assert _takes(platform, "mallory", HOME, 0)
        with platform.db.write() as conn:
            guesses.forgive(conn, "mallory", HOME)
    assert _takes(platform, "person x", HOME, 0)
    assert not _takes(platform, "person y", HOME, 0)
