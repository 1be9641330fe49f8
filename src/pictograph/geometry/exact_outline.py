"""Masks as polygons that cover the same pixels again: somebody's mask is kept to the pixel, not approximated."""

import numpy as np
from numpy.typing import NDArray

from pictograph.geometry.masks import mask_to_box, mask_to_polygons, polygons_to_mask
from pictograph.geometry.rings import Polygon

# How far simplifying may move the outline, in pixels; with 0 every pixel of the border has its own vertices.
_TOLERANCES = (0.5, 0.25, 0.1, 0.0)


def mask_to_exact_polygons(mask: NDArray[np.bool_], *, origin_xy: tuple[int, int] = (0, 0)) -> list[Polygon]:
    """Return the mask's connected parts as polygons that `polygons_to_mask` turns into exactly this mask.

    The outline is as simple as it may be: it is simplified less and less until no pixel differs.

    Args:
        mask: foreground, shape `(height, width)`; may be a crop of the image.
        origin_xy: where the crop's top-left pixel lies in the image.
    """
    box = mask_to_box(mask)
    if box is None:
        return []
    x_min, y_min, x_max, y_max = box
    crop = mask[y_min:y_max, x_min:x_max]
    origin = (x_min + origin_xy[0], y_min + origin_xy[1])
    polygons: list[Polygon] = []
    for tolerance in _TOLERANCES:
        polygons = mask_to_polygons(crop, origin_xy=origin, tolerance=tolerance, min_part_pixels=0, min_part_share=0)
        if np.array_equal(polygons_to_mask(polygons, crop.shape, origin_xy=origin), crop):
            break
    return polygons
