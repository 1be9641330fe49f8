"""The demo's scenes with their true labels, as a trainer takes them."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from examples.scenes.folder import WANTED, TrueObject, draw_folder
from examples.scenes.scene import SIZE_WH

from pictograph.geometry.boxes import iou
from pictograph.geometry.rings import bounds
from pictograph.pixels import RgbArray, read_rgb
from pictograph_server.engines.trainers.base import Sample, Shape, Task, TrainingData

# Classes of whole images: what a cut-out shows.
CUT_OUT_CLASSES = (*WANTED, "no_sign")
# Of a cut-out's side, beyond the sign's.
_MARGIN = 0.25


def draw(folder: Path, task: Task, *, scenes: int, seed: int) -> TrainingData:
    """Draw scenes and return them with what the task learns from; for classification, cut-outs of them."""
    truth = draw_folder(folder / "scenes", folder / "truth.json", scenes=scenes, seed=seed)
    if task == "classification":
        return TrainingData(CUT_OUT_CLASSES, tuple(_cut_outs(folder, truth, seed)))
    shapes_of = _box if task == "object_detection" else _parts
    samples = tuple(
        _sample(folder / "scenes" / name, SIZE_WH, shapes=tuple(shape for one in objects for shape in shapes_of(one)))
        for name, objects in sorted(truth.items())
    )
    return TrainingData(WANTED, samples)


def _box(one: TrueObject) -> Iterator[Shape]:
    """Yield the box of a sign, the one that the demo's labels and models are measured against."""
    x, y, width, height = one.box_xywh
    yield Shape(WANTED.index(one.class_name), (x, y, x + width, y + height))


def _parts(one: TrueObject) -> Iterator[Shape]:
    """Yield a sign's separate parts: a post in front of a sign makes two of it, here as in a user's labels."""
    for polygon in one.polygons:
        yield Shape(WANTED.index(one.class_name), bounds([polygon]), (polygon,))


def _cut_outs(folder: Path, truth: Mapping[str, Sequence[TrueObject]], seed: int) -> Iterator[Sample]:
    rng = np.random.default_rng(seed)
    (folder / "cut-outs").mkdir()
    number = 0
    for name, objects in sorted(truth.items()):
        pixels = read_rgb(folder / "scenes" / name)
        windows = [(WANTED.index(one.class_name), _around(one)) for one in objects]
        windows += [(len(WANTED), window) for window in _empty_window(rng, objects)]
        for class_index, (left, top, right, bottom) in windows:
            number += 1
            file = folder / "cut-outs" / f"{number:04}.png"
            _write(file, pixels[top:bottom, left:right])
            yield _sample(file, (right - left, bottom - top), tags=(class_index,))


def _around(one: TrueObject) -> tuple[int, int, int, int]:
    x, y, width, height = one.box_xywh
    half = max(width, height) * (1 + _MARGIN) / 2
    left, right = (round(min(max(x + width / 2 + way * half, 0), SIZE_WH[0])) for way in (-1, 1))
    top, bottom = (round(min(max(y + height / 2 + way * half, 0), SIZE_WH[1])) for way in (-1, 1))
    return left, top, right, bottom


def _empty_window(rng: np.random.Generator, objects: Sequence[TrueObject]) -> Iterator[tuple[int, int, int, int]]:
    signs = [(x, y, x + width, y + height) for x, y, width, height in (one.box_xywh for one in objects)]
    for _ in range(20):
        side = int(rng.integers(64, 200))
        left, top = (int(rng.integers(0, size - side)) for size in SIZE_WH)
        window = (left, top, left + side, top + side)
        if not signs or float(iou([window], signs).max()) == 0:
            yield window
            return


def _write(file: Path, pixels: RgbArray) -> None:
    if not cv2.imwrite(str(file), cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2BGR)):
        raise ValueError(f"OpenCV could not write {file}")


def _sample(
    path: Path, size_wh: tuple[int, int], *, shapes: tuple[Shape, ...] = (), tags: tuple[int, ...] = ()
) -> Sample:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Sample(path.name, path, *size_wh, digest, shapes=shapes, tags=tags)
