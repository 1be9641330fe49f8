"""What PyTorch and torchvision compute, and what the exported file says about the same image: the same."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from tests.factories import picture

from pictograph.inference import ClassificationModel, Detection, DetectionModel, load_model
from pictograph.inference.spec import (
    METADATA_KEY,
    ClassificationDecoding,
    ClassifierSpec,
    ClassMapDecoding,
    InstanceSegmenterSpec,
    ListDecoding,
    MaskDecoding,
    ModelSpec,
    Preprocessing,
    QueryDecoding,
    SemanticSegmenterSpec,
)
from pictograph.pixels import RgbArray

torch = pytest.importorskip("torch")
torchvision = pytest.importorskip("torchvision")

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(3)


def image(width: int, height: int) -> RgbArray:
    return np.asarray(picture(width, height, seed=5))


def exported(
    folder: Path, network: Any, spec: ModelSpec, outputs: Sequence[str], *, input_hw: tuple[int, int]
) -> ClassificationModel | DetectionModel:
    file = folder / "model.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(),
            (torch.rand(1, 3, *input_hw),),
            str(file),
            dynamo=False,
            opset_version=17,
            input_names=["images"],
            output_names=list(outputs),
        )
    model = onnx.load(str(file))
    onnx.helper.set_model_props(model, {METADATA_KEY: spec.model_dump_json()})
    onnx.save(model, str(file))
    return load_model(folder, threads=1)


def finder(*arguments: Any, **more: Any) -> DetectionModel:
    model = exported(*arguments, **more)
    assert isinstance(model, DetectionModel)
    return model


def pasted(found: Detection, shape_hw: tuple[int, int]) -> np.ndarray:
    canvas = np.zeros(shape_hw, bool)
    assert found.mask is not None
    (x, y), (height, width) = found.mask.origin_xy, found.mask.shape_hw
    canvas[y : y + height, x : x + width] = found.mask.to_array()
    return canvas


def test_classifier__as_torchvision_prepares_and_torch_computes(tmp_path: Path) -> None:
    """As timm and torchvision do: short side resized with antialias, the middle cut out, ImageNet's mean and std."""
    layers = [torch.nn.Conv2d(3, 8, 5, stride=2), torch.nn.ReLU(), torch.nn.AvgPool2d(6), torch.nn.Flatten()]
    network = torch.nn.Sequential(*layers, torch.nn.Linear(128, 3))
    spec = ClassifierSpec(
        architecture="small",
        class_names=("a", "b", "c"),
        preprocessing=Preprocessing(
            input_size_hw=(56, 56),
            channel_order="RGB",
            resize="center_crop",
            crop_fraction=0.875,
            interpolation="antialiased_linear",
            scale=1 / 255,
            mean=MEAN,
            std=STD,
        ),
        postprocessing=ClassificationDecoding(confidence=0.0, top_k=None),
    )
    model = exported(tmp_path, network, spec, ["logits"], input_hw=(56, 56))
    assert isinstance(model, ClassificationModel)
    pixels = picture(170, 128, seed=2)
    prepare = torchvision.transforms.Compose(
        [
            torchvision.transforms.Resize(64),
            torchvision.transforms.CenterCrop(56),
            torchvision.transforms.ToTensor(),
            torchvision.transforms.Normalize(MEAN, STD),
        ]
    )
    with torch.inference_mode():
        expected = network(prepare(pixels)[None]).softmax(1)[0].numpy()
    found = {tag.class_index: tag.confidence for tag in model.predict(pixels)}
    assert [found[index] for index in range(3)] == pytest.approx(expected.tolist(), abs=1e-5)


def test_class_map__as_torch_interpolates(tmp_path: Path) -> None:
    network = torch.nn.Conv2d(3, 4, 7, padding=3, stride=2)
    spec = SemanticSegmenterSpec(
        architecture="small",
        class_names=("a", "b", "c"),
        preprocessing=Preprocessing(input_size_hw=(48, 64), channel_order="RGB", resize="stretch", scale=1 / 50),
        postprocessing=ClassMapDecoding(least_pixels=1, confidence=0.0, max_detections=100_000),
    )
    pixels = image(128, 96)
    model = finder(tmp_path, network, spec, ["logits"], input_hw=(48, 64))
    tensor = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float()
    # Two image pixels become one of the input: averaged, as OpenCV does.
    shrunk = torch.nn.functional.avg_pool2d(tensor, 2).round() / 50
    with torch.inference_mode():
        logits = torch.nn.functional.interpolate(network(shrunk), size=(96, 128), mode="bilinear")[0]
    ours = np.zeros((96, 128), np.int64)
    for found in model.predict(pixels):
        ours[pasted(found, (96, 128))] = found.class_index + 1
    assert (ours == logits.argmax(0).numpy()).mean() > 0.999
    part = max(model.predict(pixels), key=lambda each: pasted(each, (96, 128)).sum())
    probabilities = logits.softmax(0)[part.class_index + 1].numpy()
    assert part.confidence == pytest.approx(probabilities[pasted(part, (96, 128))].mean(), abs=0.002)


class Queries(torch.nn.Module):
    """Answers as RF-DETR's export does, from what it sees."""

    def __init__(self) -> None:
        super().__init__()
        self.look = torch.nn.Conv2d(3, 6, 9, stride=4, padding=4)

    def forward(self, images: Any) -> tuple[Any, Any, Any]:
        seen = self.look(images)
        masks = seen[:, :3] - seen[:, :3].mean(dim=(2, 3), keepdim=True)
        spread = seen.mean(dim=(2, 3)).sigmoid()
        boxes = torch.stack([spread[:, :3] * 0.3 + 0.35, spread[:, 3:] * 0.3 + 0.35, spread[:, :3], spread[:, 3:]], 2)
        return boxes, torch.stack([seen.amax(dim=(2, 3))[:, :3], seen.mean(dim=(2, 3))[:, :3]], 2), masks


def test_queries__masks_as_torch_interpolates(tmp_path: Path) -> None:
    network = Queries().eval()
    spec = InstanceSegmenterSpec(
        architecture="small",
        class_names=("a",),
        preprocessing=Preprocessing(input_size_hw=(64, 64), channel_order="RGB", resize="stretch", scale=1 / 255),
        postprocessing=QueryDecoding(boxes="dets", logits="labels", confidence=0.0),
        masks=MaskDecoding(frame="input", values="logits"),
    )
    pixels = image(128, 192)
    model = finder(tmp_path, network, spec, ["dets", "labels", "masks"], input_hw=(64, 64))
    fitted, _ = fit_of(model, pixels)
    with torch.inference_mode():
        boxes, logits, coarse = network(fitted)
        masks = torch.nn.functional.interpolate(coarse, size=(192, 128), mode="bilinear")[0] > 0
    found = model.predict(pixels)
    order = logits[0, :, 0].argsort(descending=True).tolist()
    assert len(found) == 3
    for each, query in zip(found, order, strict=True):
        x, y, w, h = (boxes[0, query] * torch.tensor([128, 192, 128, 192])).tolist()
        expected = (max(0, x - w / 2), max(0, y - h / 2), min(128, x + w / 2), min(192, y + h / 2))
        assert each.box_xyxy == pytest.approx(expected, abs=0.01)
        assert each.confidence == pytest.approx(float(logits[0, query, 0].sigmoid()), abs=1e-5)
        assert each.mask is not None
        (left, top), (height, width) = each.mask.origin_xy, each.mask.shape_hw
        theirs = masks[query, top : top + height, left : left + width].numpy()
        assert (each.mask.to_array() == theirs).mean() > 0.999


def fit_of(model: DetectionModel, pixels: RgbArray) -> tuple[Any, Any]:
    from pictograph.inference.images import fit, to_tensor

    fitted, placement = fit(pixels, model.spec.preprocessing)
    return torch.from_numpy(to_tensor(fitted, model.spec.preprocessing)), placement


@pytest.mark.slow
def test_lists__as_torchvisions_mask_r_cnn_answers(tmp_path: Path) -> None:
    """Its export pastes the masks over the whole input."""
    network = torchvision.models.detection.MaskRCNN(
        torchvision.models.detection.backbone_utils.mobilenet_backbone(
            backbone_name="mobilenet_v3_large", weights=None, fpn=True, trainable_layers=6
        ),
        num_classes=3,
        rpn_anchor_generator=torchvision.models.detection.anchor_utils.AnchorGenerator(
            sizes=((16, 32),) * 3, aspect_ratios=((0.5, 1.0, 2.0),) * 3
        ),
        box_roi_pool=torchvision.ops.MultiScaleRoIAlign(["0", "1"], 7, 2),
        mask_roi_pool=torchvision.ops.MultiScaleRoIAlign(["0", "1"], 14, 2),
        min_size=96,
        max_size=128,
        box_score_thresh=0.0,
        box_detections_per_img=5,
    ).eval()
    spec = InstanceSegmenterSpec(
        architecture="maskrcnn_mobilenet_v3_large",
        class_names=("a", "b"),
        preprocessing=Preprocessing(input_size_hw=(96, 128), channel_order="RGB", resize="stretch", scale=1 / 255),
        postprocessing=ListDecoding(first_label=1, confidence=0.0),
        masks=MaskDecoding(frame="input", values="probabilities"),
    )
    pixels = image(128, 96)
    model = finder(tmp_path, network, spec, ["boxes", "labels", "scores", "masks"], input_hw=(96, 128))
    with torch.inference_mode():
        [expected] = network([torch.from_numpy(pixels.copy()).permute(2, 0, 1).float() / 255])
    found = model.predict(pixels)
    has_mask = [bool((mask > 0.5).any()) for mask in expected["masks"]]
    kept = [index for index, has in enumerate(has_mask) if has]
    assert len(found) == len(kept) > 0
    for each, index in zip(found, kept, strict=True):
        assert each.class_index == int(expected["labels"][index]) - 1
        assert each.box_xyxy == pytest.approx(expected["boxes"][index].tolist(), abs=0.05)
        assert each.confidence == pytest.approx(float(expected["scores"][index]), abs=1e-4)
        theirs = (expected["masks"][index, 0] > 0.5).numpy()
        assert (pasted(each, (96, 128)) == theirs).mean() > 0.999
