"""Small data sets as folders and archives, and what a dataset holds of them afterwards."""

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.api.jobs.workplace import png
from tests.factories import tar_of

from pictograph import Client

Box = tuple[str, float, float, float, float]


def coco(boxes: Mapping[str, list[Box]], *, size_wh: tuple[int, int] = (64, 48)) -> bytes:
    """Return COCO instances: file name -> boxes of (class, x, y, w, h)."""
    names = sorted({box[0] for found in boxes.values() for box in found})
    return json.dumps(
        {
            "images": [
                {"id": number, "file_name": name, "width": size_wh[0], "height": size_wh[1]}
                for number, name in enumerate(boxes, 1)
            ],
            "categories": [{"id": number, "name": name} for number, name in enumerate(names, 1)],
            "annotations": [
                {
                    "id": 100 * number + index,
                    "image_id": number,
                    "category_id": names.index(name) + 1,
                    "bbox": [x, y, w, h],
                    "area": w * h,
                    "iscrowd": 0,
                }
                for number, found in enumerate(boxes.values(), 1)
                for index, (name, x, y, w, h) in enumerate(found)
            ],
        }
    ).encode()


def zip_of(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


SIGNS = {
    "signs/images/a.png": png((64, 48), "a"),
    "signs/images/north/a.png": png((64, 48), "north a"),
    "signs/images/b.png": png((64, 48), "b"),
    "signs/annotations/instances.json": coco(
        {"a.png": [("stop", 1, 2, 10, 8)], "north/a.png": [("yield", 5, 5, 9, 9)]}
    ),
    "signs/readme.md": b"# Signs",
}


def write(path: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return path


def packed_as_folder(path: Path) -> Path:
    return write(path / "folder", SIGNS)


def packed_as_zip(path: Path) -> Path:
    (path / "signs.zip").write_bytes(zip_of(SIGNS))
    return path / "signs.zip"


def packed_as_tar(path: Path) -> Path:
    (path / "signs.tar").write_bytes(tar_of(SIGNS))
    return path / "signs.tar"


def packed_as_tar_gz(path: Path) -> Path:
    with tarfile.open(path / "signs.tar.gz", "w:gz") as archive:
        for name, data in SIGNS.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path / "signs.tar.gz"


def content(client: Client, name: str = "signs") -> dict[str, tuple[str, list[tuple[Any, ...]]]]:
    """Return path -> (status, boxes) of a dataset."""
    found: dict[str, tuple[str, list[tuple[Any, ...]]]] = {}
    for image in client.datasets.get(name, include_images=True).images or []:
        boxes = [
            (each.name, each.bounding_box.x, each.bounding_box.y, each.bounding_box.w, each.bounding_box.h)
            for each in client.annotations.get(image.id)
            if each.type == "bbox"
        ]
        found[f"{(image.virtual_folder_path or '/').rstrip('/')}/{image.filename}"] = (image.status, boxes)
    return found


IMPORTED = {
    "/a.png": ("complete", [("stop", 1, 2, 10, 8)]),
    "/north/a.png": ("complete", [("yield", 5, 5, 9, 9)]),
    "/b.png": ("new", []),
}
