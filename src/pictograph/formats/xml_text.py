"""XML read without trust and written as text: no entities, no deep nesting, nothing that breaks out of its quotes."""

import math
import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from pictograph.formats.archive import FileSource
from pictograph.formats.base import FormatError, FormatReport, Loss

_MAX_DEPTH = 64
# What XML 1.0 has no way to say, however it is escaped.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# White space is escaped too: a reader would make plain spaces of it.
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}


def parse_xml(source: FileSource, name: str) -> Element:
    """Return the root element of a file.

    Raises:
        FormatError: it is no XML, declares entities (they can grow without end), or is nested absurdly deep.
    """
    builder, depth = TreeBuilder(), 0
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _MAX_DEPTH:
            raise FormatError(f"{name} is nested more than {_MAX_DEPTH} deep")
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def refuse(*_: object) -> None:
        raise FormatError(f"{name} declares entities, which labels have no use for")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(source.read(name), True)
        return builder.close()
    except (expat.ExpatError, ValueError, LookupError, AssertionError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"{name} is no XML: {error}") from error


def child_text(element: Element, path: str) -> str:
    """Return the text of a child without the white space around it, empty where there is none."""
    return (element.findtext(path) or "").strip()


def number(text: str | None, what: str) -> float:
    """Return a number that a file says.

    Raises:
        ValueError: it is none; `what` is named.
    """
    try:
        value = float((text or "").strip().replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{what} is {text!r}, which is no number")
    return value


class XmlText:
    """Escapes names for XML, and counts those that XML cannot hold."""

    def __init__(self, report: FormatReport) -> None:
        self._report = report

    def escape(self, text: str) -> str:
        """Return the text for use between tags or between double quotes."""
        cleaned = _FORBIDDEN.sub("\ufffd", text)
        if cleaned != text:
            self._report.lost[Loss.CHARACTERS] += 1
        return "".join(_ESCAPES.get(character, character) for character in cleaned)

    def attributes(self, values: Mapping[str, object]) -> str:
        """Return `a="1" b="2"`; numbers are written so that they read back the same."""
        return " ".join(f'{key}="{self.escape(as_text(value))}"' for key, value in values.items())


def as_text(value: object) -> str:
    """Return a value as XML files write it: whole numbers without a point, others as short as they stay exact."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)
