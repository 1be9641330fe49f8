"""The formats an export can have, in words for people who choose one."""

from functools import cache
from typing import get_args

from pydantic import BaseModel

from pictograph.models.export import AnyExportFormat, Content


class FormatAnswer(BaseModel):
    """A format: what it can say of an image, and what it leaves out or writes as something else."""

    name: AnyExportFormat
    title: str
    holds: list[Content]
    loses: list[Content]


@cache
def formats() -> tuple[FormatAnswer, ...]:
    """Return the formats in the order of the wire's names."""
    # Loads numpy, which the server starts without.
    from pictograph.formats.registry import FORMATS

    # The pixels of a class are another way to say outlines: who has these loses nothing.
    everything = [each for each in get_args(Content) if each != "areas"]
    return tuple(
        FormatAnswer(
            name=name,
            title=FORMATS[name].title,
            holds=[each for each in get_args(Content) if each in FORMATS[name].holds],
            loses=[each for each in everything if each not in FORMATS[name].holds],
        )
        for name in get_args(AnyExportFormat)
    )
