"""JSON of unknown origin: decoded, or refused by the file's name."""

import json
from collections.abc import Mapping
from typing import cast

from pictograph.formats.archive import FileSource
from pictograph.formats.base import FormatError


def load_json(source: FileSource, name: str) -> object:
    """Return the decoded document.

    Raises:
        FormatError: it is no JSON.
    """
    try:
        return json.loads(source.read(name))
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{name} is no JSON: {error}") from error


def load_object(source: FileSource, name: str) -> Mapping[str, object]:
    """Return the decoded document, which is a JSON object.

    Raises:
        FormatError: it is no JSON, or something else than an object.
    """
    document = load_json(source, name)
    if not isinstance(document, Mapping):
        raise FormatError(f"{name} is no JSON object")
    return cast("Mapping[str, object]", document)


def manifest_classes(source: FileSource) -> list[str] | None:
    """Return the classes that an export of ours lists in order, None where there is no such list."""
    if "manifest.json" not in source.names():
        return None
    try:
        listed = load_object(source, "manifest.json").get("classes")
    except FormatError:
        return None
    return [str(name) for name in cast("list[object]", listed)] if isinstance(listed, list) else None


def first_error(error: ValueError) -> str:
    """Return what a validation complains of first, in a line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return ": ".join(line.partition(" [type=")[0] for line in lines[1:3]) or (lines[0] if lines else "it is empty")
