"""The pixels of a polygon, for formats that say holes with masks only; and masks read back as polygons."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pictograph.formats.base import ImageEntry, ReadReport
from pictograph.formats.shapes import Label, are_places, polygon
from pictograph.geometry.rings import Vertex, bounds
from pictograph.models.annotation import Annotation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def visible_pixels(
    rings: Sequence[Sequence[Vertex]], entry: ImageEntry
) -> "tuple[NDArray[np.bool_], tuple[int, int]] | None":
    """Return the mask of a polygon inside its image, as small as it can be, and its top-left pixel.

    None when it covers no pixel: it is thinner than one, or outside.
    """
    from pictograph.geometry.masks import mask_to_box, rings_to_mask

    x_min, y_min, x_max, y_max = bounds(rings)
    x, y = max(0, int(x_min)), max(0, int(y_min))
    width, height = min(entry.width, int(x_max) + 1) - x, min(entry.height, int(y_max) + 1) - y
    mask = rings_to_mask(rings, (max(0, height), max(0, width)), origin_xy=(x, y))
    box = mask_to_box(mask)
    if box is None:
        return None
    left, top, right, bottom = box
    return mask[top:bottom, left:right], (x + left, y + top)


def from_pixels(
    label: Label,
    mask: "NDArray[np.bool_]",
    origin_xy: tuple[int, int],
    report: ReadReport,
    *,
    paths: Sequence[Sequence[Vertex]] = (),
) -> list[Annotation]:
    """Return the parts of a mask as polygons that cover the same pixels.

    Args:
        paths: the rings that the mask was once made of; taken as they are, as long as nobody has changed the mask.
    """
    import numpy as np

    from pictograph.geometry.exact_outline import mask_to_exact_polygons
    from pictograph.geometry.masks import rings_to_mask

    height, width = mask.shape
    is_known = bool(paths) and all(are_places(vertex) for path in paths for vertex in path)
    if is_known and np.array_equal(rings_to_mask(paths, (height, width), origin_xy=origin_xy), mask):
        return polygon(label, paths, report)
    parts = mask_to_exact_polygons(mask, origin_xy=origin_xy)
    return [a for number, rings in enumerate(parts) for a in polygon(label.part(number), rings, report)]
