"""Slows down who guesses passwords: after a few failures each further one has to wait, twice as long every time.

Counted for an account from one address, for an account from anywhere, and for an address whatever the account. So who
guesses from one address cannot keep the account's owner out, and who guesses from many is slowed down all the same.
"""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from pictograph_server.errors import TooManyRequests
from pictograph_server.services.accounts import guesses_repository as repository
from pictograph_server.storage.db.types import now

# Without a failure for so long, all are forgotten.
FORGOTTEN_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Allowance:
    """So many failures cost nothing; the wait after the next is a second, and doubles up to `longest_s`."""

    free: int
    longest_s: int = 300

    def wait_s(self, failures: int) -> int:
        over = failures - self.free
        return 0 if over < 0 else min(2 ** min(over, 20), self.longest_s)


HERE = Allowance(free=5)
ACCOUNT = Allowance(free=50)
ADDRESS = Allowance(free=30)


class TooManyGuesses(TooManyRequests):
    code = "too_many_guesses"

    def __init__(self, wait_s: int) -> None:
        super().__init__(
            "Signing in has to wait",
            why="there were too many failed attempts",
            fix=f"Try again in {wait_s} s. A link to sign in or to set a new password works at once.",
        )
        self.headers = {"Retry-After": str(wait_s)}


def take(conn: Connection, email: str, address: str, *, moment: datetime | None = None) -> None:
    """Count an attempt as failed, before it is looked at: of many at once only the allowed ones get an answer.

    Args:
        moment: of the attempt, if not now.
    Raises:
        TooManyGuesses: it comes too early; nothing is counted.
    """
    moment = moment or now()
    allowances = _subjects(email, address)
    rows = repository.failures(conn, list(allowances), since=moment - FORGOTTEN_AFTER)
    waits = [
        (row.last_at + timedelta(seconds=allowances[row.subject].wait_s(row.failures)) - moment).total_seconds()
        for row in rows
    ]
    longest = max(waits, default=0.0)
    if longest > 0:
        raise TooManyGuesses(int(longest) + 1)
    repository.forget(conn, before=moment - FORGOTTEN_AFTER)
    for subject in allowances:
        repository.count(conn, subject, moment)


def forgive(conn: Connection, email: str, address: str) -> None:
    """Take back the count of an attempt that was right.

    The account starts anew; of the address only this attempt is taken back, or an account of one's own would pay for
    guesses at others.
    """
    here, account, whole_address = _subjects(email, address)
    repository.remove(conn, [here, account])
    repository.discount(conn, whole_address)


def _subjects(email: str, address: str) -> dict[str, Allowance]:
    network = _network(address)
    return {
        _subject("here", email, network): HERE,
        _subject("account", email): ACCOUNT,
        _subject("address", network): ADDRESS,
    }


def _subject(kind: str, *values: str) -> str:
    # Hashed: an address or an e-mail of any length fits, and the table shows neither.
    return f"{kind}:{hashlib.sha256(chr(0).join(values).encode()).hexdigest()}"


def _network(address: str) -> str:
    """Return what one guesser has: an IPv4 address, or 64 bits of IPv6."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
