"""What a model found in one image: detections one by one, as arrays, drawn, or as another library's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import NDArray

from pictograph.geometry import rle
from pictograph.geometry.cropped_mask import CroppedMask
from pictograph.inference.class_map import ClassMap
from pictograph.inference.sources import ImageSource
from pictograph.models.common import BoundingBox, Point

if TYPE_CHECKING:
    import supervision
    from PIL import Image

    from pictograph.models.annotation import Annotation


@dataclass(frozen=True, slots=True)
class Detection:
    """One object a model found. Coordinates are pixels of the upright image (R10).

    Models for segmentation give its mask; `mask.to_array()` is the crop whose top-left pixel is `mask.origin_xy`.
    """

    class_name: str
    class_index: int
    confidence: float
    box_xyxy: tuple[float, float, float, float]
    mask: CroppedMask | None = None

    @property
    def box(self) -> BoundingBox:
        left, top, right, bottom = self.box_xyxy
        return BoundingBox(x=left, y=top, w=right - left, h=bottom - top)


class Detections(Sequence[Detection]):
    """The detections of one image, best first. Equal to any sequence of the same detections.

    Attributes:
        image_size_wh: of the upright image they are in.
        path: of the image, when it came from a file.
    """

    def __init__(
        self,
        found: Iterable[Detection],
        *,
        image_size_wh: tuple[int, int],
        path: Path | None = None,
        class_map: ClassMap | None = None,
    ) -> None:
        self._found = tuple(found)
        self._class_map = class_map
        self.image_size_wh = image_size_wh
        self.path = path

    # As arrays.

    @property
    def xyxy(self) -> NDArray[np.float32]:
        """Boxes in pixels, shape `(n, 4)`."""
        return np.array([each.box_xyxy for each in self], np.float32).reshape(-1, 4)

    @property
    def confidences(self) -> NDArray[np.float32]:
        """Shape `(n,)`."""
        return np.array([each.confidence for each in self], np.float32)

    @property
    def class_indexes(self) -> NDArray[np.int64]:
        """Positions in the model's `class_names`, shape `(n,)`."""
        return np.array([each.class_index for each in self], np.int64)

    @property
    def class_names(self) -> NDArray[np.str_]:
        """Shape `(n,)`."""
        return np.array([each.class_name for each in self], np.str_)

    @property
    def masks(self) -> NDArray[np.bool_] | None:
        """Masks of the image's size, shape `(n, height, width)`; None where no detection has one.

        A hundred detections on fifty megapixels are 5 GB: there, use each detection's own `mask`, which is a crop.
        """
        if not any(each.mask for each in self):
            return None
        width, height = self.image_size_wh
        masks = np.zeros((len(self), height, width), np.bool_)
        for whole, each in zip(masks, self, strict=True):
            if each.mask is not None:
                (x, y), (rows, columns) = each.mask.origin_xy, each.mask.shape_hw
                whole[y : y + rows, x : x + columns] = each.mask.to_array()
        return masks

    @property
    def class_map(self) -> NDArray[np.int16] | None:
        """The class index of every pixel, -1 where there is none, shape `(height, width)`.

        None for models that are not for semantic segmentation. It is what the network says, whatever was filtered.
        """
        return None if self._class_map is None else self._class_map.to_array()

    # Fewer of them.

    def above(self, confidence: float) -> Detections:
        """Return those with at least this confidence."""
        return self._only(lambda each: each.confidence >= confidence)

    def of_class(self, *class_names: str) -> Detections:
        """Return those of some classes."""
        return self._only(lambda each: each.class_name in class_names)

    # As something else.

    def draw(self, image: ImageSource | None = None) -> Image.Image:
        """Return the image with masks tinted, boxes and names.

        Args:
            image: the same image again; may be left out when it came from a file, which is then read once more.
        Raises:
            ValueError: it is another size, or there is none to draw on.
        """
        from pictograph.inference.drawing import Mark, canvas_of, draw_marks

        canvas = canvas_of(image if image is not None else self.path, self.image_size_wh)
        # The best last, over the others.
        return draw_marks(
            canvas,
            [
                Mark(f"{each.class_name} {each.confidence:.2f}", each.class_index, each.box_xyxy, each.mask)
                for each in reversed(self)
            ],
        )

    def to_annotations(self, *, created_by: str | None = None) -> list[Annotation]:
        """Return what a dataset would say: polygons of the masks, each part by itself, and boxes where there is none.

        Raises:
            ModuleNotFoundError: there are masks, and shapely, which finds their outlines, is not installed.
        """
        return [annotation for each in self for annotation in _annotations(each, created_by)]

    def to_supervision(self) -> supervision.Detections:
        """Return a `supervision.Detections` with boxes, masks, confidences, class indexes and names.

        Raises:
            ModuleNotFoundError: supervision is not installed.
        """
        supervision = import_supervision()
        return supervision.Detections(
            xyxy=self.xyxy,
            mask=self.masks,
            confidence=self.confidences,
            class_id=self.class_indexes,
            data={"class_name": self.class_names},
        )

    def to_dict(self) -> dict[str, object]:
        """Return what JSON can hold; masks as COCO's compressed run lengths."""
        width, height = self.image_size_wh
        return {
            "image": None if self.path is None else str(self.path),
            "width": width,
            "height": height,
            "detections": [self._as_dict(each) for each in self],
        }

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), ensure_ascii=False)

    def _as_dict(self, each: Detection) -> dict[str, object]:
        facts: dict[str, object] = {
            "class_name": each.class_name,
            "class_index": each.class_index,
            "confidence": round(each.confidence, 6),
            "box": {name: round(value, 3) for name, value in each.box.model_dump().items()},
        }
        if each.mask is not None:
            width, height = self.image_size_wh
            found = rle.encode(each.mask.to_array(), origin_xy=each.mask.origin_xy, shape_hw=(height, width))
            facts["mask"] = {"size": [height, width], "counts": found.counts}
        return facts

    def _only(self, is_wanted: Callable[[Detection], bool]) -> Detections:
        return self._with(filter(is_wanted, self))

    def _with(self, found: Iterable[Detection]) -> Detections:
        return Detections(found, image_size_wh=self.image_size_wh, path=self.path, class_map=self._class_map)

    # As a sequence.

    @overload
    def __getitem__(self, index: int) -> Detection: ...
    @overload
    def __getitem__(self, index: slice) -> Detections: ...
    def __getitem__(self, index: int | slice) -> Detection | Detections:
        return self._with(self._found[index]) if isinstance(index, slice) else self._found[index]

    def __len__(self) -> int:
        return len(self._found)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._found == tuple(other)

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def __repr__(self) -> str:
        return f"Detections({list(self._found)})"


def import_supervision():  # noqa: ANN201
    """Return the package supervision, or say how to install it."""
    try:
        import supervision
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"to_supervision() needs {error.name}. Install it: pip install supervision", name=error.name
        ) from error
    return supervision


def _annotations(detection: Detection, created_by: str | None) -> list[Annotation]:
    from pictograph.models.annotation import BBoxAnnotation, PolygonAnnotation, PolygonGeometry

    confidence = min(1.0, max(0.0, detection.confidence))
    if detection.mask is None:
        return [
            BBoxAnnotation(
                name=detection.class_name, bounding_box=detection.box, confidence=confidence, created_by=created_by
            )
        ]
    try:
        from pictograph.geometry.masks import mask_to_polygons

        polygons = mask_to_polygons(detection.mask.to_array(), origin_xy=detection.mask.origin_xy)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"outlines of masks need {error.name}. Install it: pip install {error.name}", name=error.name
        ) from error
    return [
        PolygonAnnotation(
            name=detection.class_name,
            polygon=PolygonGeometry(paths=[[Point(x=x, y=y) for x, y in ring] for ring in polygon]),
            confidence=confidence,
            created_by=created_by,
        )
        for polygon in polygons
    ]
