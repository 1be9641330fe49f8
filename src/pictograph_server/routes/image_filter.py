"""What a list of images is narrowed to, as requests say it: in the address, or in the body of a change."""

from typing import Annotated

from fastapi import Depends, Query
from pydantic import Field

from pictograph.models.common import StrictModel
from pictograph_server.services.images.paths import normalise_folder
from pictograph_server.services.images.status_filter import statuses_of
from pictograph_server.services.search.filters import ImageFilter

Word = Annotated[str, Query(max_length=1000)]
Confidence = Annotated[float, Query(ge=0, le=1)]
Number = Annotated[int, Query(ge=0, le=1_000_000_000)]
Aspect = Annotated[float, Query(ge=0, le=1_000_000_000, allow_inf_nan=False)]
SIZE = r"^[0-9]{1,9}x[0-9]{1,9}$"
_BodyWord = Annotated[str | None, Field(max_length=1000)]
_BodyShare = Annotated[float | None, Field(ge=0, le=1)]
_BodyNumber = Annotated[int | None, Field(ge=0, le=1_000_000_000)]
_BodyAspect = Annotated[float | None, Field(ge=0, le=1_000_000_000, allow_inf_nan=False)]


def _image_filter(
    status: Word | None = None,
    class_name: Word | None = None,
    folder_path: Word | None = None,
    recursive: bool = True,
    source: Word | None = None,
    min_confidence: Confidence | None = None,
    max_confidence: Confidence | None = None,
    text: Word | None = None,
    tag: Word | None = None,
    annotated: bool | None = None,
    min_annotations: Number | None = None,
    max_annotations: Number | None = None,
    size: Annotated[str, Query(pattern=SIZE)] | None = None,
    min_aspect: Aspect | None = None,
    max_aspect: Aspect | None = None,
    archived: bool = False,
) -> ImageFilter:
    width, _, height = (size or "").partition("x")
    return ImageFilter(
        statuses=statuses_of(status),
        class_name=class_name,
        folder_path=None if folder_path is None else normalise_folder(folder_path),
        with_subfolders=recursive,
        source=source,
        min_confidence=min_confidence,
        max_confidence=max_confidence,
        text=text or None,
        tag=tag,
        is_annotated=annotated,
        min_annotations=min_annotations,
        max_annotations=max_annotations,
        size_wh=(int(width), int(height)) if size else None,
        min_aspect=min_aspect,
        max_aspect=max_aspect,
        is_archived=archived,
    )


FilterDep = Annotated[ImageFilter, Depends(_image_filter)]


class FilterBody(StrictModel):
    """The same fields in a body; without any it is every image that is not in the trash."""

    status: _BodyWord = None
    class_name: _BodyWord = None
    folder_path: _BodyWord = None
    recursive: bool = True
    source: _BodyWord = None
    min_confidence: _BodyShare = None
    max_confidence: _BodyShare = None
    text: _BodyWord = None
    tag: _BodyWord = None
    annotated: bool | None = None
    min_annotations: _BodyNumber = None
    max_annotations: _BodyNumber = None
    size: Annotated[str | None, Field(pattern=SIZE)] = None
    min_aspect: _BodyAspect = None
    max_aspect: _BodyAspect = None
    archived: bool = False

    def to_filter(self) -> ImageFilter:
        return _image_filter(**dict(self))
