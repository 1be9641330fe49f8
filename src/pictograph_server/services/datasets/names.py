"""Which names datasets and exports may have: clients put them into paths, some without quoting."""

from pictograph_server.errors import Unprocessable

MAX_NAME_LENGTH = 200
_FORBIDDEN = frozenset("/?#%\\")


class InvalidName(Unprocessable):
    code = "invalid_name"

    def __init__(self, noun: str, name: str, why: str) -> None:
        super().__init__(
            f"{name!r} cannot be the name of {noun}",
            why=why,
            fix="Use letters, digits, spaces inside, and signs other than / ? # % and \\",
        )


def check_name(name: str, *, noun: str = "a dataset", max_length: int = MAX_NAME_LENGTH) -> str:
    """Return `name` unchanged when it can stand as one segment of a path.

    Raises:
        InvalidName: it is empty, too long, starts or ends with a dot or space, or holds `/ ? # % \\` or a control
            character.
    """
    if not name:
        raise InvalidName(noun, name, "it is empty")
    if len(name) > max_length:
        raise InvalidName(noun, name[:40] + "…", f"it has {len(name)} characters and {max_length} are allowed")
    if name[0] in ". " or name[-1] in ". " or name != name.strip():
        raise InvalidName(noun, name, "it starts or ends with a dot or a space")
    for character in name:
        if character in _FORBIDDEN:
            raise InvalidName(noun, name, f"it contains {character!r}, which breaks addresses made from it")
        if is_control(character):
            raise InvalidName(noun, name, f"it contains the control character {character!r}")
    return name


def is_control(character: str) -> bool:
    """Return whether it is invisible and can do harm: C0, DEL, C1, line separators, a lone surrogate."""
    code = ord(character)
    return code < 0x20 or 0x7F <= code <= 0x9F or code in (0x2028, 0x2029) or 0xD800 <= code <= 0xDFFF
