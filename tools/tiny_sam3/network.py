"""The network: SAM 3's architecture made small, new or from a checkpoint."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tools.tiny_sam3.first_weights import prepare_detector, prepare_tracker
from tools.tiny_sam3.scenes import INPUT_SIDE, MASK_SIDE
from tools.tiny_sam3.tokenizer import TEXT_TOKENS
from transformers import CLIPTokenizer, Sam3Config, Sam3Model, Sam3TrackerConfig, Sam3TrackerModel

PATCH = 16
TOKENS_SIDE = INPUT_SIDE // PATCH
CELLS = MASK_SIDE // TOKENS_SIDE  # mask cells along one side of a token
HEADS = 4


@dataclass(frozen=True)
class Shape:
    """How large the network is. The default has 4.3 million parameters, and 0.9 million more for clicks."""

    vision_width: int = 192
    vision_layers: int = 5
    vision_heads: int = 6
    width: int = 96
    text_layers: int = 3
    fusion_layers: int = 2
    decoder_layers: int = 3
    queries: int = 24


def sam3_config(tokenizer: CLIPTokenizer, shape: Shape) -> Sam3Config:
    side, every_layer = TOKENS_SIDE, list(range(shape.vision_layers))
    vision = {
        "backbone_config": {
            "model_type": "sam3_vit_model",
            "hidden_size": shape.vision_width,
            "intermediate_size": shape.vision_width * 3,
            "num_hidden_layers": shape.vision_layers,
            "num_attention_heads": shape.vision_heads,
            "image_size": INPUT_SIDE,
            "patch_size": PATCH,
            "window_size": side,
            "global_attn_indexes": every_layer,
            "pretrain_image_size": INPUT_SIDE,
        },
        "fpn_hidden_size": shape.width,
        "backbone_feature_sizes": [[4 * side, 4 * side], [2 * side, 2 * side], [side, side]],
        "scale_factors": [4.0, 2.0, 1.0, 0.5],
    }
    text = {
        "model_type": "clip_text_model",
        "vocab_size": len(tokenizer),
        "hidden_size": shape.width,
        "intermediate_size": 2 * shape.width,
        "projection_dim": 64,
        "num_hidden_layers": shape.text_layers,
        "num_attention_heads": HEADS,
        "max_position_embeddings": TEXT_TOKENS,
        "hidden_act": "gelu",
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    common = {
        "hidden_size": shape.width,
        "num_attention_heads": HEADS,
        "intermediate_size": 3 * shape.width,
        "dropout": 0.0,
    }
    return Sam3Config(
        vision_config=vision,
        text_config=text,
        geometry_encoder_config={"num_layers": 1, "roi_size": 3, **common},
        detr_encoder_config={"num_layers": shape.fusion_layers, **common},
        detr_decoder_config={"num_layers": shape.decoder_layers, "num_queries": shape.queries, **common},
        mask_decoder_config={
            "hidden_size": shape.width,
            "num_attention_heads": HEADS,
            "num_upsampling_stages": 2,
        },
    )


def tracker_config(detector: Sam3Config) -> Sam3TrackerConfig:
    """Return the click head's shape: it looks at the same picture through a neck of its own."""
    vision: Any = detector.vision_config
    width = int(vision.fpn_hidden_size)
    return Sam3TrackerConfig(
        vision_config=vision.to_dict(),
        prompt_encoder_config={
            "hidden_size": width,
            "image_size": INPUT_SIDE,
            "patch_size": PATCH,
            "mask_input_channels": 8,
        },
        mask_decoder_config={
            "hidden_size": width,
            "mlp_dim": 2 * width,
            "num_hidden_layers": 2,
            "num_attention_heads": HEADS,
            "iou_head_hidden_dim": width,
            "iou_head_depth": 3,
        },
    )


def new_detector(tokenizer: CLIPTokenizer, shape: Shape, seed: int) -> Sam3Model:
    """Return a detector with weights that can learn; the same seed gives the same."""
    torch.manual_seed(seed)
    detector = Sam3Model(sam3_config(tokenizer, shape))
    prepare_detector(detector)
    return detector


def new_tracker(detector: Sam3Model) -> Sam3TrackerModel:
    """Return a click head that looks at pictures through the detector's vision encoder."""
    source: Any = detector
    tracker = Sam3TrackerModel(tracker_config(source.config))
    prepare_tracker(tracker, detector)
    return tracker


def load_detector(folder: Path) -> Sam3Model:
    """Return the detector of a checkpoint folder in full precision."""
    return Sam3Model.from_pretrained(folder, dtype=torch.float32, local_files_only=True)


def load_tracker(folder: Path, detector: Sam3Model) -> Sam3TrackerModel | None:
    """Return the click head of a checkpoint folder on the detector's vision encoder, or None when it has none."""
    loaded: Any = Sam3TrackerModel.from_pretrained(
        folder, dtype=torch.float32, local_files_only=True, output_loading_info=True
    )
    tracker, info = loaded
    if any(key.startswith(("mask_decoder", "prompt_encoder")) for key in info["missing_keys"]):
        return None
    source: Any = detector
    tracker.vision_encoder.backbone.load_state_dict(source.vision_encoder.backbone.state_dict())
    return tracker
