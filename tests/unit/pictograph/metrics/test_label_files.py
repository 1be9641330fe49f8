"""Labels read from files of every kind, and brought together by image."""

import json
import zipfile
from pathlib import Path

import pytest

from pictograph.formats.archive import write_zip
from pictograph.formats.base import DatasetHeader, FormatError, FormatReport, ImageEntry
from pictograph.formats.registry import FORMATS, get_format
from pictograph.metrics.label_files import Labels, pair_up, read_both, read_labels
from pictograph.models.annotation import Annotation, BBoxAnnotation
from pictograph.models.common import BoundingBox

HEADER = DatasetHeader(name="signs", class_names=("sign",))


def entry(filename: str, folder: str = "/", status: str = "complete") -> ImageEntry:
    return ImageEntry(id=filename, filename=filename, width=64, height=48, folder_path=folder, status=status)


def box(x: float = 0, confidence: float = 1.0) -> Annotation:
    return BBoxAnnotation(name="sign", bounding_box=BoundingBox(x=x, y=0, w=8, h=8), confidence=confidence)


LABELS: Labels = [(entry("a.jpg"), [box(), box(20)]), (entry("b.jpg", "/night"), [])]


def write_files(folder: Path, format_name: str) -> Path:
    for path, data in get_format(format_name).write(LABELS, HEADER, FormatReport()):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        with (folder / path).open("ab") as file:
            file.write(data)
    return folder


def boxes_of(labels: Labels) -> list[tuple[str, int]]:
    return sorted((Path(image.filename).stem, len(found)) for image, found in labels)


@pytest.mark.parametrize("format_name", [name for name, each in FORMATS.items() if "boxes" in each.holds])
@pytest.mark.parametrize("with_manifest", [True, False])
def test_read_labels__folder_of_each_format(tmp_path: Path, format_name: str, with_manifest: bool) -> None:
    folder = write_files(tmp_path, format_name)
    if not with_manifest:
        (folder / "manifest.json").unlink()
    sizes = {"a": (64, 48), "night/b": (64, 48)}
    assert boxes_of(read_labels(folder, image_sizes=sizes)) == [("a", 2), ("b", 0)]


def test_read_labels__zip(tmp_path: Path) -> None:
    with (tmp_path / "export.zip").open("wb") as file:
        write_zip(get_format("coco").write(LABELS, HEADER, FormatReport()), file)
    assert boxes_of(read_labels(tmp_path / "export.zip")) == [("a", 2), ("b", 0)]


def test_read_labels__archive_whose_members_overlap_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w") as archive:
        archive.writestr("a.json", bytes(10_000))
        archive.filelist += archive.filelist * 20
    with pytest.raises(FormatError, match="overlap"):
        read_labels(tmp_path / "bomb.zip")


def test_read_labels__one_coco_document(tmp_path: Path) -> None:
    document = write_files(tmp_path, "coco") / "annotations/instances_default.json"
    assert boxes_of(read_labels(document)) == [("a", 2), ("b", 0)]


def test_read_labels__what_a_download_wrote(tmp_path: Path) -> None:
    shapes = [box().model_dump(exclude_none=True)]
    sidecar = {"image": "x.jpg", "image_path": "/night", "annotation_count": 1, "annotations": shapes}
    (tmp_path / "night").mkdir()
    (tmp_path / "night" / "x.jpg.json").write_text(json.dumps(sidecar))
    [(image, found)] = read_labels(tmp_path)
    assert (image.folder_path, image.filename, len(found)) == ("/night", "x.jpg", 1)


def test_read_labels__neither(tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text("{}")
    with pytest.raises(FormatError, match="no labels that can be read"):
        read_labels(tmp_path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_labels(tmp_path / "nowhere")


@pytest.mark.parametrize("yolo_is_first", [True, False])
def test_read_both__sizes_of_one_help_the_other(tmp_path: Path, yolo_is_first: bool) -> None:
    yolo, coco = write_files(tmp_path / "yolo", "yolo"), write_files(tmp_path / "coco", "coco")
    first, second = read_both(yolo, coco) if yolo_is_first else read_both(coco, yolo)
    assert boxes_of(first) == boxes_of(second) == [("a", 2), ("b", 0)]
    paired = pair_up(first, second)
    assert [len(pair.other) for pair in paired.pairs] == [2, 0]
    assert [pair.size_wh for pair in paired.pairs] == [(64, 48)] * 2


def test_pair_up__by_path_and_then_by_a_name_there_is_once() -> None:
    reference = [(entry("a.jpg", "/x"), [box()]), (entry("a.jpg", "/y"), []), (entry("c.png"), [box()])]
    other = [(entry("a.jpg", "/y"), [box()]), (entry("c.jpg", "/elsewhere"), [box(1), box(2)])]
    paired = pair_up(reference, other)
    assert [(pair.path, len(pair.other)) for pair in paired.pairs] == [("/y/a.jpg", 1), ("/c.png", 2)]
    assert (paired.not_searched, list(paired.unreviewed)) == (1, [])


def test_pair_up__images_nobody_looked_at_wait_for_review() -> None:
    reference = [(entry("new.jpg", status="new"), []), (entry("done.jpg"), [])]
    other = [(entry("new.jpg"), [box(confidence=0.4)]), (entry("done.jpg"), []), (entry("more.jpg"), [])]
    paired = pair_up(reference, other)
    assert [pair.path for pair in paired.pairs] == ["/done.jpg"]
    assert [(each.path, list(each.confidences)) for each in paired.unreviewed] == [
        ("/new.jpg", [0.4]),
        ("/more.jpg", []),
    ]
