"""No text has a NUL: Postgres cannot keep one, and it would be an error of the server's wherever it got in."""

import re

from starlette.types import Scope

from pictograph_server.errors import NotFound, Unprocessable

# `\\u0000` behind an even number of backslashes; behind an odd one it is the text \\u0000.
_IN_JSON = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class NulInText(Unprocessable):
    code = "nul_in_text"

    def __init__(self, where: str) -> None:
        super().__init__(
            f"A text in the {where} cannot be kept", why="it has a NUL character in it", fix="Send it without."
        )


def refuse_in_address(scope: Scope) -> None:
    """Raise for a path (404: nothing can be there) or a query that has one."""
    if "\x00" in scope["path"]:
        raise NotFound("There is nothing at this address", why="it has a NUL character in it")
    if b"%00" in scope["query_string"]:
        raise NulInText("query")


def refuse_in_body(body: bytes, *, is_form: bool) -> None:
    """Raise for a JSON or form body that has one."""
    # The plain search first: it is a hundred times faster, and most bodies end there.
    found = b"%00" in body or b"\x00" in body if is_form else b"\\u0000" in body and _IN_JSON.search(body)
    if found:
        raise NulInText("body")
