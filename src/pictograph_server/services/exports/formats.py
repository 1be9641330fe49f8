"""The formats an export can have, in words for people who choose one."""

from functools import cache
from typing import get_args

from pydantic import BaseModel

from pictograph.formats.base import Content
from pictograph.models.export import AnyExportFormat


class FormatAnswer(BaseModel):
    """A format: what it can say of an image, and what it leaves out or writes as something else."""

    name: AnyExportFormat
    title: str
    holds: list[Content]
    loses: list[Content]


@cache
def formats() -> tuple[FormatAnswer, ...]:
    """Return the formats in the order of the registry."""
    # Loads numpy, which the server starts without.
    from pictograph.formats.registry import FORMATS

    # What is said of objects, and of a whole image; areas are the pixels of a class, which outlines say better.
    all_content = [each for each in get_args(Content) if each != "areas"]
    names = get_args(AnyExportFormat)
    return tuple(
        FormatAnswer(
            name=format_.name,
            title=format_.title,
            holds=[each for each in get_args(Content) if each in format_.holds],
            loses=[each for each in all_content if each not in format_.holds],
        )
        for format_ in FORMATS.values()
        if format_.name in names
    )
