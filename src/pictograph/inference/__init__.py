"""Use a trained model on one's own machine: a file in, detections out. Needs the extra `inference`, no torch.

from pictograph.inference import load_model

model = load_model("model.onnx")
for detection in model.predict("street.jpg"):
    print(detection.class_name, detection.confidence, detection.box)
"""

try:
    from pictograph.inference.detections import Detection, Detections
    from pictograph.inference.model import ClassificationModel, DetectionModel, load_model
    from pictograph.inference.spec import ModelSpec
    from pictograph.inference.tags import Tag, Tags
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"pictograph.inference needs {error.name}. Install it: pip install 'pictograph[inference]'"
    ) from error

__all__ = [
    "ClassificationModel",
    "Detection",
    "DetectionModel",
    "Detections",
    "ModelSpec",
    "Tag",
    "Tags",
    "load_model",
]
