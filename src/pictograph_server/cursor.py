"""Cursors: where the next page of a list goes on, opaque to who carries them."""

import base64
import binascii

import orjson

from pictograph_server.errors import Unprocessable

# Where a list stopped: the values it is sorted by, the last of them an id or unique with the others.
Position = tuple[str | float, ...]


class InvalidCursor(Unprocessable):
    code = "invalid_cursor"

    def __init__(self) -> None:
        super().__init__(
            "The cursor cannot be used",
            why="it is cut short, or comes from a list with another sort or folder",
            fix="Send `next_cursor` of the last page as it came, with the same sort; or start without one",
        )


def encode(sort: str, position: Position) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([sort, *position])).rstrip(b"=").decode()


def decode(sort: str, cursor: str, *, kinds: tuple[type[object], ...]) -> Position:
    """Return where a list of that sort stopped.

    Raises:
        InvalidCursor: 422, it is none of `encode`'s, or of a list that is sorted otherwise.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        values = orjson.loads(raw)
    except (binascii.Error, ValueError):
        raise InvalidCursor from None
    if not isinstance(values, list) or len(values) != len(kinds) + 1 or values[0] != sort:
        raise InvalidCursor
    position = tuple(
        float(value) if kind is float and isinstance(value, int) else value
        for value, kind in zip(values[1:], kinds, strict=True)
    )
    if not all(isinstance(value, kind) for value, kind in zip(position, kinds, strict=True)):
        raise InvalidCursor
    if any(isinstance(value, str) and "\0" in value for value in position):
        raise InvalidCursor
    return position
