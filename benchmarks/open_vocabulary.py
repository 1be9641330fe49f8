"""CPU seconds and memory of Grounding DINO, SAM 2.1 and OWLv2 at their published sizes, with random weights.

    python -m benchmarks.open_vocabulary grounding-dino

One thread, one image. Random weights take as long as trained ones; what they find means nothing.
"""

import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from transformers import (
    GroundingDinoConfig,
    GroundingDinoForObjectDetection,
    Owlv2Config,
    Owlv2ForObjectDetection,
    Sam2Config,
    Sam2Model,
)


def grounding_dino() -> None:
    swin = {
        "model_type": "swin",
        "window_size": 7,
        "embed_dim": 96,
        "depths": [2, 2, 6, 2],
        "num_heads": [3, 6, 12, 24],
    }
    model = GroundingDinoForObjectDetection(GroundingDinoConfig(backbone_config=swin))
    say_size(model)
    pixels, mask = torch.randn(1, 3, 800, 1066), torch.ones(1, 800, 1066, dtype=torch.long)
    for phrases in (10, 80):
        # One token each, and a stop behind it.
        ids = torch.tensor([[101] + [2000, 1012] * phrases + [102]])
        took(f"an image of 800 x 1066, {phrases} phrases", lambda ids=ids: model(pixels, ids, pixel_mask=mask))


def sam2() -> None:
    model: Any = Sam2Model(Sam2Config())
    say_size(model)
    levels = took("look at an image", lambda: model.get_image_embeddings(torch.randn(1, 3, 1024, 1024)))
    for count in (1, 8, 32):
        boxes = torch.rand(1, count, 4) * 400 + torch.tensor([0, 0, 500, 500])
        took(
            f"outline what is in {count} boxes",
            lambda boxes=boxes: model(image_embeddings=list(levels), input_boxes=boxes, multimask_output=False),
        )


def owlv2() -> None:
    vision = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12}
    text = {"hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 12, "num_attention_heads": 8}
    config = Owlv2Config(text_config=text, vision_config={**vision, "image_size": 960, "patch_size": 16})
    model: Any = Owlv2ForObjectDetection(config)
    say_size(model)
    grid, _ = took("look at an image", lambda: model.image_embedder(pixel_values=torch.randn(1, 3, 960, 960)))
    features, questions = grid.flatten(1, 2), torch.randn(1, 10, 512)
    took("10 questions", lambda: (model.class_predictor(features, questions), model.box_predictor(features, grid)))


def say_size(model: Any) -> None:
    model.eval()
    print(f"{sum(weights.numel() for weights in model.parameters()) / 1e6:.0f} million parameters")


def took(what: str, work: Callable[[], Any]) -> Any:
    started = time.process_time()
    with torch.inference_mode():
        result = work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{what}: {time.process_time() - started:.2f} CPU seconds, at most {peak:.1f} GB so far")
    return result


NETWORKS = {"grounding-dino": grounding_dino, "sam2": sam2, "owlv2": owlv2}

if __name__ == "__main__":
    torch.set_num_threads(1)
    NETWORKS[sys.argv[1]]()
