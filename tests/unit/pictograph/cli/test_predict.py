"""`pictograph predict`: on files, without a server; wrong images are told, the others are predicted."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.networks import choking_detector, colour_classifier, colour_map, red_detector
from typer.testing import CliRunner, Result

from pictograph import Client
from pictograph._http.mock import MockApi, Reply
from pictograph.cli.app import app
from pictograph.cli.image_paths import expand, relative_paths
from pictograph.formats.archive import FolderSource
from pictograph.formats.registry import get_format

Predict = Callable[..., Result]
ID = "0198c0de-0000-7000-8000-000000000001"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two images with a red box, one of them in a sub-folder, one grey, and a text."""
    folder = tmp_path / "photos"
    (folder / "night").mkdir(parents=True)
    for name, has_box in (("a.png", True), ("b.jpg", False), ("night/a.png", True)):
        image = np.full((96, 128, 3), 90, np.uint8)
        if has_box:
            image[20:60, 40:100] = (255, 0, 0)
        Image.fromarray(image).save(folder / name)
    (folder / "notes.txt").write_text("not an image")
    return folder


@pytest.fixture
def predict(tmp_path: Path) -> Predict:
    """Run the command; it must not ask for a client unless the model is the server's."""

    def run(*arguments: object, api: MockApi | None = None, out: str = "out") -> Result:
        def connect(api_key: str | None, base_url: str | None) -> Client:
            assert api is not None, "a client was asked for"
            return Client.over(api.transport(max_retries=0))

        words = ["predict", *map(str, arguments), "--out", str(tmp_path / out)]
        return CliRunner().invoke(app, words, obj=connect, env={"XDG_CACHE_HOME": str(tmp_path / "cache")})

    return run


def read(tmp_path: Path) -> list[dict[str, Any]]:
    return json.loads((tmp_path / "out" / "predictions.json").read_text())


def test_predict__folder_to_json(predict: Predict, photos: Path, tmp_path: Path) -> None:
    result = predict(red_detector(tmp_path / "model"), photos)
    assert result.exit_code == 0, result.output
    found = {Path(each["image"]).relative_to(photos).as_posix(): each["detections"] for each in read(tmp_path)}
    assert {name: len(detections) for name, detections in found.items()} == {"a.png": 1, "b.jpg": 0, "night/a.png": 1}
    assert found["a.png"][0]["box"] == {"x": 40, "y": 20, "w": 60, "h": 40}
    assert "stop_sign" in result.stdout and "3 images, 2 found; wrote" in result.stdout
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["predictions.json"]


def test_predict__as_json_for_programs(predict: Predict, photos: Path, tmp_path: Path) -> None:
    summary = json.loads(predict(red_detector(tmp_path / "model").parent, photos, "--json").stdout)
    assert (summary["images"], summary["found"], summary["problems"]) == (3, {"stop_sign": 2}, [])


def test_predict__draws_each_image_under_its_own_name(predict: Predict, photos: Path, tmp_path: Path) -> None:
    assert predict(red_detector(tmp_path / "model"), photos, "--draw").exit_code == 0
    drawn = tmp_path / "out" / "drawn"
    names = sorted(file.relative_to(drawn).as_posix() for file in drawn.rglob("*.jpg"))
    assert names == ["a.png.jpg", "b.jpg", "night/a.png.jpg"]
    assert Image.open(drawn / "a.png.jpg").size == (128, 96)


def test_predict__images_that_are_none_are_told_and_the_rest_is_done(
    predict: Predict, photos: Path, tmp_path: Path
) -> None:
    model = red_detector(tmp_path / "model")
    result = predict(model, photos / "a.png", photos / "none.png", photos / "notes.txt", tmp_path / "*.tif")
    assert result.exit_code == 1
    assert len(read(tmp_path)) == 1
    for words in ("none.png: there is no such file", "notes.txt: it is none of", "no image fits this pattern"):
        assert words in result.stderr
    assert "1 images, 3 left out, 1 found" in result.stdout


def test_predict__no_image_at_all(predict: Predict, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = predict(red_detector(tmp_path / "model"), tmp_path / "empty")
    assert result.exit_code == 1 and "there is no image in this folder" in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["none.onnx", "models/none"])
def test_predict__no_such_model_file(predict: Predict, photos: Path, name: str) -> None:
    result = predict(name, photos)
    assert result.exit_code == 2 and f"No model at {name}" in result.stderr


def test_predict__model_of_the_server(predict: Predict, photos: Path, tmp_path: Path) -> None:
    api = MockApi()
    api.on("GET", f"/api/v1/developer/models/{ID}/download", {"download_url": "http://mock.test/signed"})
    api.on("GET", "/signed", Reply(content=red_detector(tmp_path / "model").read_bytes()))
    for _ in range(2):
        assert predict(ID, photos, api=api).exit_code == 0
    assert len(api.made("GET", "/signed")) == 1
    assert (tmp_path / "cache" / "pictograph" / "models" / ID / "model.onnx").exists()


def test_predict__what_an_earlier_run_drew_is_no_input(predict: Predict, photos: Path, tmp_path: Path) -> None:
    model = red_detector(tmp_path / "model")
    for _ in range(2):
        assert predict(model, photos, "--draw", out="photos/out").exit_code == 0
    assert len(json.loads((photos / "out" / "predictions.json").read_text())) == 3


@pytest.mark.parametrize("format", ["coco", "yolo"])
def test_predict__as_a_dataset(predict: Predict, photos: Path, tmp_path: Path, format: str) -> None:
    result = predict(colour_map(tmp_path / "model"), photos, "--format", format)
    assert result.exit_code == 0, result.output
    sizes: dict[str, tuple[int, int]] = dict.fromkeys(("a", "b", "night/a"), (128, 96))
    entries = list(get_format(format).read(FolderSource(tmp_path / "out"), image_sizes=sizes))
    assert sorted(annotation.name for _, annotations in entries for annotation in annotations) == ["red", "red"]
    assert len(entries) == 3


def test_predict__tags_have_no_place_in_a_dataset(predict: Predict, photos: Path, tmp_path: Path) -> None:
    model = colour_classifier(tmp_path / "model")
    result = predict(model, photos, "--format", "coco")
    assert result.exit_code == 2 and "use --format json" in result.stderr
    assert predict(model, photos, "--confidence", "0").exit_code == 0
    assert {tag["class_name"] for each in read(tmp_path) for tag in each["tags"]} == {"red_image"}


def test_predict__network_that_breaks(predict: Predict, photos: Path, tmp_path: Path) -> None:
    result = predict(choking_detector(tmp_path / "model"), photos)
    assert result.exit_code == 1 and "Error: The network failed" in result.stderr
    assert not (tmp_path / "out" / "predictions.json").exists()


# What is meant by words.


def test_expand__each_file_once_in_the_order_given(photos: Path) -> None:
    files, problems = expand([str(photos / "b.jpg"), str(photos), str(photos / "*.png")], apart_from=photos / "out")
    assert [file.relative_to(photos).as_posix() for file in files] == ["b.jpg", "a.png", "night/a.png"]
    assert problems == []


def test_expand__patterns_reach_into_folders(photos: Path) -> None:
    files, _ = expand([str(photos / "**" / "*.png")], apart_from=photos / "out")
    assert [file.relative_to(photos).as_posix() for file in files] == ["a.png", "night/a.png"]


def test_relative_paths__of_files_that_share_a_name(photos: Path, tmp_path: Path) -> None:
    places = relative_paths([photos / "night" / "a.png", tmp_path / "a.png"])
    assert [path.as_posix() for path in places.values()] == ["photos/night/a.png", "a.png"]
    assert relative_paths([]) == {}
