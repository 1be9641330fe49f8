"""A dataset of the server in a `DataLoader`."""

import io
import pickle
from pathlib import Path

import pytest
from PIL import Image

from pictograph import Client
from pictograph._http.mock import MockApi, Reply

torch = pytest.importorskip("torch")
API = "/api/v1/developer"
DAY = "2026-01-01T00:00:00Z"
DATASET = {"id": "d", "name": "signs", "created_at": DAY, "classes": [{"name": "yield"}, {"name": "stop"}]}
SHAPES = [
    {"id": "1", "name": "stop", "type": "bbox", "bounding_box": {"x": 1, "y": 2, "w": 3, "h": 4}},
    {"id": "2", "name": "yield", "type": "keypoint", "keypoint": {"x": 5, "y": 6}},
    {"id": "3", "name": "other", "type": "bbox", "bounding_box": {"x": 0, "y": 0, "w": 1, "h": 1}},
]


def image(number: int) -> dict[str, object]:
    return {"id": f"i{number}", "filename": f"{number}.png", "status": "new", "created_at": DAY, "annotation_count": 3}


@pytest.fixture
def api() -> MockApi:
    api = MockApi()
    buffer = io.BytesIO()
    Image.new("L", (8, 6), 90).save(buffer, "PNG")
    pages = [DATASET | {"images": [image(1), image(2) | {"annotation_count": 0}]}]
    api.on("GET", f"{API}/datasets/by-name/signs", {"dataset": DATASET}, *({"dataset": page} for page in pages))
    for number in (1, 2):
        api.on("GET", f"{API}/images/i{number}", Reply(content=buffer.getvalue()))
    api.on("GET", f"{API}/annotations/i1", {"annotations": SHAPES})
    return api


def test_item__is_what_torchvisions_detectors_take(api: MockApi, tmp_path: Path) -> None:
    data = Client.over(api.transport()).datasets.as_pytorch("signs", root=tmp_path)
    assert (len(data), data.classes, data.class_to_idx) == (2, ["stop", "yield"], {"stop": 0, "yield": 1})
    picture, target = data[0]
    assert (picture.mode, picture.size) == ("RGB", (8, 6))
    assert target["boxes"].tolist() == [[1, 2, 4, 6], [5, 6, 5, 6]]
    assert (target["boxes"].dtype, target["labels"].dtype) == (torch.float32, torch.int64)
    assert (target["labels"].tolist(), target["area"].tolist(), target["iscrowd"].tolist()) == ([0, 1], [12, 0], [0, 0])
    assert (target["image_id"], len(target["annotations"])) == ("i1", 3)
    assert data[1][1]["boxes"].shape == (0, 4)


def test_item__is_fetched_once(api: MockApi, tmp_path: Path) -> None:
    data = Client.over(api.transport()).datasets.as_pytorch("signs", root=tmp_path)
    assert api.made("GET", f"{API}/images/i1") == []
    assert data[0][1]["labels"].tolist() == data[0][1]["labels"].tolist()
    assert len(api.made("GET", f"{API}/images/i1")) == len(api.made("GET", f"{API}/annotations/i1")) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["i1.png"]


def test_item__without_download_names_the_folder(api: MockApi, tmp_path: Path) -> None:
    data = Client.over(api.transport()).datasets.as_pytorch("signs", root=tmp_path, download=False)
    with pytest.raises(FileNotFoundError, match=r"1\.png is not in"):
        data[0]


def test_transforms__and_classes_of_ones_own(api: MockApi, tmp_path: Path) -> None:
    data = Client.over(api.transport()).datasets.as_pytorch(
        "signs",
        root=tmp_path,
        transform=lambda picture: picture.size,
        target_transform=lambda target: target["labels"].tolist(),
        class_to_idx={"other": 7},
    )
    assert (data[0], data.classes) == (((8, 6), [7]), ["other"])


def test_dataset__handed_to_another_process_connects_anew(api: MockApi, tmp_path: Path) -> None:
    data = Client.over(api.transport()).datasets.as_pytorch("signs", root=tmp_path)
    data[1]
    copy = pickle.loads(pickle.dumps(data))  # noqa: S301
    assert copy[1][0].tobytes() == data[1][0].tobytes()
