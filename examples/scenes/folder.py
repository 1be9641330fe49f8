"""A folder of scenes as a user would have it, with the truth kept in a file beside the folder, never in it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from examples.scenes.scene import SIZE_WH, Mask, Place, draw_scene

WANTED = ("stop_sign", "yield")
OTHERS = ("speed_limit", "no_entry", "priority_road", "mandatory_direction")

# Where the pictures lie, what is behind the signs, and how many of ten.
SHELVES: tuple[tuple[str, Place, bool, int], ...] = (
    ("day/city", "city", False, 3),
    ("day/country", "country", False, 3),
    ("night/city", "city", True, 1),
    ("night/country", "country", True, 1),
    ("photographs", "photograph", False, 2),
)


@dataclass(frozen=True)
class TrueObject:
    """A sign's visible part: `box_xywh` in pixels, `polygons` one outline for each separate part."""

    class_name: str
    box_xywh: tuple[float, float, float, float]
    polygons: tuple[tuple[tuple[float, float], ...], ...]


def draw_folder(folder: Path, truth_file: Path, *, scenes: int, seed: int) -> dict[str, list[TrueObject]]:
    """Draw the scenes and return the truth by path inside the folder; the same seed gives the same bytes."""
    truth: dict[str, list[TrueObject]] = {}
    for number, (shelf, place, night) in enumerate(_shelves(scenes)):
        rng = np.random.default_rng([seed, number])
        scene = draw_scene(rng, place=place, night=night, wanted=WANTED, others=OTHERS)
        name = f"{shelf}/scene_{number:04d}.jpg"
        _write_jpeg(folder / name, scene.image)
        truth[name] = [
            TrueObject(sign.class_name, sign.box_xywh(), outlines(sign.visible))
            for sign in scene.signs
            if sign.class_name in WANTED
        ]
    write_truth(truth_file, truth)
    return truth


def outlines(mask: Mask) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Return the outer outline of every part of a mask, drawn through the centres of its border pixels."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return tuple(
        tuple((float(x) + 0.5, float(y) + 0.5) for x, y in contour[:, 0]) for contour in contours if len(contour) > 2
    )


def write_truth(path: Path, truth: dict[str, list[TrueObject]]) -> None:
    document = {
        "size_wh": SIZE_WH,
        "images": {
            name: [{"class_name": o.class_name, "box_xywh": o.box_xywh, "polygons": o.polygons} for o in objects]
            for name, objects in truth.items()
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, separators=(",", ":")))


def _shelves(scenes: int) -> list[tuple[str, Place, bool]]:
    round_of_ten: Sequence[tuple[str, Place, bool]] = [
        (shelf, place, night) for shelf, place, night, share in SHELVES for _ in range(share)
    ]
    return [round_of_ten[number % 10] for number in range(scenes)]


def _write_jpeg(path: Path, image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    done, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 90])
    if not done:
        raise ValueError(f"OpenCV could not encode {path}")
    path.write_bytes(data.tobytes())
