"""A dataset of the server as PyTorch reads it: `client.datasets.as_pytorch(name)` (extra `torch`)."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from pictograph._http.transport import Transport, members, path_of
from pictograph.models.annotation import Annotation, parse_annotations
from pictograph.models.dataset import DatasetImage

if TYPE_CHECKING:
    import torch
    from PIL import Image as Picture

# As torchvision's detectors take it.
Target = dict[str, Any]


class TorchDataset:
    """Map-style: item `i` is an RGB image and a target with `boxes` (float32, shape (n, 4), x_min y_min x_max y_max in
    pixels), `labels` (int64), `area`, `iscrowd` (zeros), `image_id`, and the `annotations` themselves.

    An image is fetched when it is first asked for, and kept in `root`; workers of a `DataLoader` fetch too.

    Attributes:
        classes: class names, in the order of their index.
    """

    def __init__(
        self,
        transport: Transport,
        images: Sequence[DatasetImage],
        class_to_idx: Mapping[str, int],
        *,
        root: Path | None,
        transform: "Callable[[Picture.Image], Any] | None",
        target_transform: Callable[[Target], Any] | None,
        download: bool,
    ) -> None:
        self.images = list(images)
        self.class_to_idx = dict(class_to_idx)
        self.classes = sorted(self.class_to_idx, key=lambda name: self.class_to_idx[name])
        self.root = root or Path(mkdtemp(prefix="pictograph-"))
        self._transform, self._target_transform, self._download = transform, target_transform, download
        self._connection = (os.getpid(), transport)
        self._annotations: dict[str, list[Annotation]] = {}

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """Return image and target.

        Raises:
            FileNotFoundError: the image is not in `root`, and nothing is to be downloaded.
        """
        # Loads numpy, which the client does not need.
        from pictograph.pixels import decode_rgb

        record = self.images[index]
        image = decode_rgb(self._file(record))
        target = self._target(record)
        return (
            image if self._transform is None else self._transform(image),
            target if self._target_transform is None else self._target_transform(target),
        )

    def __getstate__(self) -> dict[str, Any]:
        # Handed to another process: locks and sockets stay here, and its configuration makes it a new one there.
        config = self._connection[1].config
        return {**self.__dict__, "_connection": (None, config)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._connection = (os.getpid(), Transport(state["_connection"][1]))

    def _file(self, record: DatasetImage) -> Path:
        path = self.root / f"{record.id}{Path(record.filename).suffix}"
        if not path.exists():
            if not self._download:
                raise FileNotFoundError(f"{record.filename} is not in {self.root}, and download is off")
            self._transport().download(path_of("images", record.id), path)
        return path

    def _target(self, record: DatasetImage) -> Target:
        import torch

        shapes = self._shapes(record)
        known = [shape for shape in shapes if shape.name in self.class_to_idx]
        boxes = torch.tensor([_box(shape) for shape in known], dtype=torch.float32).reshape(-1, 4)
        return {
            "boxes": boxes,
            "labels": torch.tensor([self.class_to_idx[shape.name] for shape in known], dtype=torch.int64),
            "area": _areas(boxes),
            "iscrowd": torch.zeros(len(known), dtype=torch.int64),
            "image_id": record.id,
            "annotations": shapes,
        }

    def _shapes(self, record: DatasetImage) -> list[Annotation]:
        if record.annotation_count == 0:
            return []
        if record.id not in self._annotations:
            answer = self._transport().get(path_of("annotations", record.id))
            self._annotations[record.id] = parse_annotations(members(answer, "annotations"))
        return self._annotations[record.id]

    def _transport(self) -> Transport:
        """Return this process's own connections: two processes must not read from one socket."""
        process, transport = self._connection
        if process != os.getpid():
            transport = Transport(transport.config)
            self._connection = (os.getpid(), transport)
        return transport


def _box(shape: Annotation) -> tuple[float, float, float, float]:
    """Return the smallest box around a shape; a keypoint's has no area."""
    if shape.type == "keypoint":
        x, y = shape.keypoint.x, shape.keypoint.y
        return x, y, x, y
    if shape.type == "bbox":
        box = shape.bounding_box
        return box.x, box.y, box.x + box.w, box.y + box.h
    points = shape.polyline.path if shape.type == "polyline" else [p for ring in shape.polygon.paths for p in ring]
    xs, ys = [point.x for point in points], [point.y for point in points]
    return min(xs), min(ys), max(xs), max(ys)


def _areas(boxes: "torch.Tensor") -> "torch.Tensor":
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
