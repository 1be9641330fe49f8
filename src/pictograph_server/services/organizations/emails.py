"""E-mail addresses as they are kept and compared: trimmed, composed, in lower case."""

import re
import unicodedata

from pictograph_server.errors import Unprocessable

# Narrower than RFC 5321: no quoted local parts, no comments, no bare host. What passes can stand in a mail's header.
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_ADDRESS = re.compile(rf"[\w.!#$%&'*+/=?^`{{|}}~-]{{1,64}}@(?:{_LABEL}\.)+{_LABEL}")
_MAX_LENGTH = 254


class InvalidEmail(Unprocessable):
    code = "invalid_email"

    def __init__(self, given: str) -> None:
        super().__init__(
            f"{given[:80]!r} is no e-mail address",
            why="an address is like name@example.org",
            fix="Check it for spaces, missing dots and other signs.",
        )


def normalize_email(given: str) -> str:
    """Return the address in the one form it is kept in.

    Raises:
        InvalidEmail: it is none.
    """
    address = unicodedata.normalize("NFC", given.strip()).lower()
    local = address.partition("@")[0]
    has_misplaced_dot = local.startswith(".") or local.endswith(".") or ".." in local
    if len(address) > _MAX_LENGTH or has_misplaced_dot or not _ADDRESS.fullmatch(address):
        raise InvalidEmail(given)
    return address
