"""Labels in the field's formats, read and written without a server.

    from pictograph import formats

    formats.convert("roboflow.zip", "coco.zip", to="coco")
    with formats.open_labels("labels/") as labels:
        for image, annotations in labels:
            ...

Names are loaded when they are first used; the first one that reads or writes loads numpy.
"""

from importlib import import_module
from typing import TYPE_CHECKING

_HOMES = {
    "pictograph.formats.base": (
        "Content DatasetHeader Format FormatError FormatReport ImageEntry Labeled Loss ReadReport Skipped"
    ),
    "pictograph.formats.conversion": "Conversion convert write_labels",
    "pictograph.formats.label_files": "LabelFiles open_labels",
    "pictograph.formats.packed": "BadArchive",
    "pictograph.formats.registry": "FORMATS get_format",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

if TYPE_CHECKING:
    from pictograph.formats.base import Content as Content
    from pictograph.formats.base import DatasetHeader as DatasetHeader
    from pictograph.formats.base import Format as Format
    from pictograph.formats.base import FormatError as FormatError
    from pictograph.formats.base import FormatReport as FormatReport
    from pictograph.formats.base import ImageEntry as ImageEntry
    from pictograph.formats.base import Labeled as Labeled
    from pictograph.formats.base import Loss as Loss
    from pictograph.formats.base import ReadReport as ReadReport
    from pictograph.formats.base import Skipped as Skipped
    from pictograph.formats.conversion import Conversion as Conversion
    from pictograph.formats.conversion import convert as convert
    from pictograph.formats.conversion import write_labels as write_labels
    from pictograph.formats.label_files import LabelFiles as LabelFiles
    from pictograph.formats.label_files import open_labels as open_labels
    from pictograph.formats.packed import BadArchive as BadArchive
    from pictograph.formats.registry import FORMATS as FORMATS
    from pictograph.formats.registry import get_format as get_format

__all__ = list(_HOME_OF)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
