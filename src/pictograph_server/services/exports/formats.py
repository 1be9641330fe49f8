"""The formats an export can have, in words for people who choose one."""

from functools import cache
from typing import get_args

from pictograph.models.export import AnyExportFormat, Content, ExportFormatInfo


@cache
def formats() -> tuple[ExportFormatInfo, ...]:
    """Return the formats in the order of the wire's names."""
    # Loads numpy, which the server starts without.
    from pictograph.formats.registry import FORMATS

    # The pixels of a class are another way to say outlines: who has these loses nothing.
    everything = [each for each in get_args(Content) if each != "areas"]
    return tuple(
        ExportFormatInfo(
            name=name,
            title=FORMATS[name].title,
            holds=[each for each in get_args(Content) if each in FORMATS[name].holds],
            loses=[each for each in everything if each not in FORMATS[name].holds],
        )
        for name in get_args(AnyExportFormat)
    )
