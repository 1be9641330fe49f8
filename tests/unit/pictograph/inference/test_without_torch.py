"""A model file is enough: neither torch, nor our server, nor a network is asked."""

from pathlib import Path

from PIL import Image
from tests.networks import colour_classifier, colour_map, red_detector, red_segmenter
from tests.without_torch import predict_without_torch

from pictograph.inference import load_model


def test_predict__without_torch(tmp_path: Path) -> None:
    images = [tmp_path / "a.png", tmp_path / "b.png"]
    for image, size in zip(images, [(80, 60), (30, 90)], strict=True):
        Image.new("RGB", size, "red").save(image)
    writers = (red_detector, red_segmenter, colour_map, colour_classifier)
    files = [write(tmp_path / write.__name__) for write in writers]
    here = [[each.to_dict() for each in load_model(file, threads=1).predict(images, 0.0)] for file in files]
    assert predict_without_torch([(file, images) for file in files]) == here
    assert all(each.get("detections") or each.get("tags") for of_model in here for each in of_model)
