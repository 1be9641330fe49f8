"""SAM 3 networks with random weights in the layout of the published checkpoint: all parts, nothing learnt, 2 MB."""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import (
    CLIPTokenizer,
    Sam3Config,
    Sam3ImageProcessor,
    Sam3Model,
    Sam3Processor,
    Sam3TrackerConfig,
    Sam3TrackerModel,
    Sam3VideoConfig,
)

from pictograph_server.engines.annotators.checkpoints.weights import TINY_FOLDER

SIDE, PATCH = 96, 16  # pixels of the square input and of a token
TOKENS = SIDE // PATCH
WIDTH = 32
MASK_SIDE = 4 * TOKENS
QUERIES = 20


def write_random_checkpoint(folder: Path, *, seed: int = 0) -> Path:
    """Write a complete checkpoint into a new folder and return the folder; equal seeds give equal weights."""
    detector, tracker = random_halves(seed)
    weights = {f"detector_model.{key}": value for key, value in detector.state_dict().items()}
    for key, value in tracker.state_dict().items():
        # The vision encoder is stored once, with the detector.
        if key.startswith("vision_encoder.neck."):
            weights[key.replace("vision_encoder.neck.", "tracker_neck.")] = value
        elif not key.startswith("vision_encoder."):
            weights[f"tracker_model.{key}"] = value
    _write(folder, weights, video_config(detector, tracker))
    return folder


def random_halves(seed: int) -> tuple[Any, Any]:
    """Return a detector and a tracker that share no weights but the vision encoder's."""
    torch.manual_seed(seed)
    detector = Sam3Model(_detector_config())
    tracker = Sam3TrackerModel(_tracker_config(detector))
    for network in (detector, tracker):
        network.apply(_randomize)
    backbone = detector.vision_encoder.backbone.state_dict()
    tracker.vision_encoder.backbone.load_state_dict(backbone)
    positions = tracker.shared_image_embedding.positional_embedding
    tracker.prompt_encoder.shared_embedding.positional_embedding.data.copy_(positions)
    return detector, tracker


def video_config(detector: Any, tracker: Any) -> Sam3VideoConfig:
    """Return the config of the whole; the published checkpoint is one for video, whose memory images do not need."""
    memory = {
        "memory_attention_hidden_size": WIDTH,
        "memory_attention_feed_forward_hidden_size": WIDTH,
        "memory_encoder_hidden_size": WIDTH,
        "memory_encoder_output_channels": 16,
        "mask_downsampler_embed_dim": WIDTH,
        "memory_fuser_embed_dim": WIDTH,
        "memory_fuser_intermediate_dim": WIDTH,
    }
    tracker_config = {**tracker.config.to_dict(), "model_type": "sam3_tracker_video", "image_size": SIDE, **memory}
    return Sam3VideoConfig(
        detector_config=detector.config.to_dict(), tracker_config=tracker_config, low_res_mask_size=MASK_SIDE
    )


def _detector_config() -> Sam3Config:
    layers = {"hidden_size": WIDTH, "num_attention_heads": 2, "intermediate_size": 2 * WIDTH, "dropout": 0.0}
    vision = {
        "backbone_config": {
            "model_type": "sam3_vit_model",
            "hidden_size": 48,
            "intermediate_size": 96,
            "num_hidden_layers": 3,
            "num_attention_heads": 2,
            "image_size": SIDE,
            "patch_size": PATCH,
            "pretrain_image_size": SIDE,
            # As in the published network, some layers see windows only.
            "window_size": TOKENS // 2,
            "global_attn_indexes": [2],
        },
        "fpn_hidden_size": WIDTH,
        "backbone_feature_sizes": [[4 * TOKENS] * 2, [2 * TOKENS] * 2, [TOKENS] * 2],
        "scale_factors": [4.0, 2.0, 1.0, 0.5],
    }
    text = {
        "model_type": "clip_text_model",
        "vocab_size": _vocabulary_size(),
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "projection_dim": WIDTH,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": 32,
        "bos_token_id": 0,
        "eos_token_id": 1,
        "pad_token_id": 1,
    }
    return Sam3Config(
        vision_config=vision,
        text_config=text,
        geometry_encoder_config={"num_layers": 2, "roi_size": 3, **layers},
        detr_encoder_config={"num_layers": 2, **layers},
        detr_decoder_config={"num_layers": 2, "num_queries": QUERIES, **layers},
        mask_decoder_config={"hidden_size": WIDTH, "num_attention_heads": 2, "num_upsampling_stages": 2},
    )


def _tracker_config(detector: Any) -> Sam3TrackerConfig:
    return Sam3TrackerConfig(
        vision_config=detector.config.vision_config.to_dict(),
        prompt_encoder_config={
            "hidden_size": WIDTH,
            "image_size": SIDE,
            "patch_size": PATCH,
            "mask_input_channels": 8,
        },
        mask_decoder_config={
            "hidden_size": WIDTH,
            "mlp_dim": 2 * WIDTH,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "iou_head_hidden_dim": WIDTH,
            "iou_head_depth": 3,
        },
    )


def _randomize(module: nn.Module) -> None:
    # The library's own initial weights are so small that every query would answer nearly the same.
    for name, parameter in module.named_parameters(recurse=False):
        if parameter.shape[0] == 4:
            # A box stays near the place it begins at.
            nn.init.normal_(parameter, std=0.05)
        elif parameter.dim() > 1:
            nn.init.normal_(parameter, std=1.5 / max(1, parameter[0].numel()) ** 0.5)
        elif name == "bias":
            nn.init.normal_(parameter, std=0.2)


def _write(folder: Path, weights: dict[str, Tensor], config: Sam3VideoConfig) -> None:
    folder.mkdir()
    save_file({k: v.contiguous().clone() for k, v in weights.items()}, folder / "model.safetensors", {"format": "pt"})
    config.save_pretrained(folder)
    size = {"height": SIDE, "width": SIDE}
    mask_size = {"height": MASK_SIDE, "width": MASK_SIDE}
    images = Sam3ImageProcessor(size=size, mask_size=mask_size)
    Sam3Processor(image_processor=images, tokenizer=CLIPTokenizer.from_pretrained(TINY_FOLDER)).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(TINY_FOLDER / name, folder / name)


def _vocabulary_size() -> int:
    return len(json.loads((TINY_FOLDER / "tokenizer.json").read_text())["model"]["vocab"])
