"""The checkpoint's files, in the layout of `facebook/sam3`: one folder for the detector and the click head.

Written by hand: the library saves the click head where it does not look for it when loading (transformers 5.23).
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tools.tiny_sam3.scenes import INPUT_SIDE, MASK_SIDE
from tools.tiny_sam3.vocabulary import checkpoint_card
from torch import Tensor
from transformers import Sam3Model, Sam3Processor, Sam3TrackerModel, Sam3VideoConfig

from pictograph_server.engines.annotators.card import FILENAME

_ENCODER, _NECK = "vision_encoder.backbone.", "vision_encoder.neck."


def write_checkpoint(folder: Path, detector: Sam3Model, tracker: Sam3TrackerModel, processor: Sam3Processor) -> None:
    """Write weights in half precision, configuration, processor, tokenizer and the machine-readable card."""
    folder.mkdir(parents=True, exist_ok=True)
    parts: Any = processor
    parts.save_pretrained(folder)
    _config(detector, tracker).save_pretrained(folder)
    halved = {key: _half(value) for key, value in _weights(detector, tracker).items()}
    weights = folder / "model.safetensors"
    save_file(halved, weights, metadata={"format": "pt"})
    weights.chmod(0o644)  # the library lets only its owner read it
    card = checkpoint_card().model_dump(mode="json")
    (folder / FILENAME).write_text(json.dumps(card, indent=2) + "\n")


def _weights(detector: Any, tracker: Any) -> dict[str, Tensor]:
    """Return all weights under the names of `facebook/sam3`; the vision encoder, which both use, once.

    The video tracker's memory is left out: nothing asks it about pictures.
    """
    weights = {f"detector_model.{key}": value for key, value in detector.state_dict().items()}
    for key, value in tracker.state_dict().items():
        if key.startswith(_NECK):
            weights[f"tracker_neck.{key.removeprefix(_NECK)}"] = value
        elif not key.startswith(_ENCODER):
            weights[f"tracker_model.{key}"] = value
    return weights


def _config(detector: Any, tracker: Any) -> Sam3VideoConfig:
    width = tracker.config.mask_decoder_config.hidden_size
    memory = {
        "model_type": "sam3_tracker_video",
        "image_size": INPUT_SIDE,
        "memory_attention_hidden_size": width,
        "memory_encoder_hidden_size": width,
        "memory_encoder_output_channels": 32,
        "memory_attention_feed_forward_hidden_size": 2 * width,
        "mask_downsampler_embed_dim": width,
        "memory_fuser_embed_dim": width,
        "memory_fuser_intermediate_dim": 2 * width,
    }
    shapes = [_without_path(config.to_dict()) for config in (detector.config, tracker.config)]
    config: Any = Sam3VideoConfig(
        detector_config=shapes[0], tracker_config={**shapes[1], **memory}, low_res_mask_size=MASK_SIDE
    )
    config.architectures = ["Sam3VideoModel"]
    config.dtype = "float16"
    return config


def _without_path(config: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration without the folder it was once loaded from."""
    kept = {key: value for key, value in config.items() if key != "_name_or_path"}
    return {key: _without_path(value) if isinstance(value, dict) else value for key, value in kept.items()}


def _half(value: Tensor) -> Tensor:
    kept = value.detach().cpu()
    return (kept.to(torch.float16) if kept.is_floating_point() else kept).contiguous().clone()
