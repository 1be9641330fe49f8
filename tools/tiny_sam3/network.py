"""The network: SAM 3's architecture made small, its tokenizer, and weights to start from that can learn.

The library's own initial weights are meant for 1024 channels; at 96 nothing learns to place a box. What is set here
instead is what made it converge (docs/engines/tiny.md).
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tools.tiny_sam3.questions import spellings
from tools.tiny_sam3.scenes import INPUT_SIDE, MASK_SIDE
from tools.tiny_sam3.vocabulary import ABSENT_NOUNS, CLASSES, EXEMPLAR_PHRASE, GROUPS
from torch import Tensor, nn
from transformers import (
    CLIPTokenizer,
    Sam3Config,
    Sam3ImageProcessor,
    Sam3Model,
    Sam3Processor,
    Sam3TrackerConfig,
    Sam3TrackerModel,
)
from transformers.models.sam3.modeling_sam3 import inverse_sigmoid

PATCH = 16
TOKENS_SIDE = INPUT_SIDE // PATCH
CELLS = MASK_SIDE // TOKENS_SIDE  # mask cells along one side of a token
TEXT_TOKENS = 32
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


def new_processor() -> Sam3Processor:
    images: Any = Sam3ImageProcessor(
        size={"height": INPUT_SIDE, "width": INPUT_SIDE}, mask_size={"height": MASK_SIDE, "width": MASK_SIDE}
    )
    return Sam3Processor(image_processor=images, tokenizer=new_tokenizer())


def new_tokenizer() -> CLIPTokenizer:
    """Return a byte-pair tokenizer of CLIP's kind with about a thousand tokens, learned from the phrases."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    start, end, word_end = "<|startoftext|>", "<|endoftext|>", "</w>"
    clip: Any = CLIPTokenizer(vocab={start: 0, end: 1, "!": 2}, merges=[])
    learner: Any = Tokenizer(models.BPE(unk_token=end, end_of_word_suffix=word_end, continuing_subword_prefix=""))
    learner.normalizer = clip._tokenizer.normalizer
    learner.pre_tokenizer = clip._tokenizer.pre_tokenizer
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=1200,
        min_frequency=2,
        special_tokens=[start, end],
        initial_alphabet=alphabet,
        end_of_word_suffix=word_end,
        show_progress=False,
    )
    learner.train_from_iterator(_phrases_to_learn_from(), trainer)
    learned = json.loads(learner.to_str())["model"]
    vocabulary: dict[str, int] = dict(learned["vocab"])
    for letter in alphabet:  # every byte must be encodable at the end of a word too
        vocabulary.setdefault(letter + word_end, len(vocabulary))
    merges: Any = [tuple(pair) for pair in learned["merges"]]
    return CLIPTokenizer(
        vocab=vocabulary,
        merges=merges,
        bos_token=start,
        eos_token=end,
        unk_token=end,
        pad_token=end,
        model_max_length=TEXT_TOKENS,
    )


def new_detector(tokenizer: CLIPTokenizer, shape: Shape, seed: int) -> Sam3Model:
    """Return a detector with weights that can learn; the same seed gives the same."""
    torch.manual_seed(seed)
    detector: Any = Sam3Model(sam3_config(tokenizer, shape))
    for module in detector.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
        elif isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.xavier_uniform_(module.weight.view(module.weight.shape[0], -1))
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d) and module.bias is not None:
            nn.init.zeros_(module.bias)
    nn.init.normal_(detector.detr_decoder.query_embed.weight, std=0.5)
    nn.init.normal_(detector.text_encoder.get_input_embeddings().weight, std=0.1)
    _spread_queries(detector.detr_decoder)
    _look_inside_boxes(detector.detr_decoder)
    return detector


def new_tracker(detector: Sam3Model) -> Sam3TrackerModel:
    """Return a click head on the detector's vision encoder; its neck starts from the detector's."""
    source: Any = detector
    tracker: Any = Sam3TrackerModel(tracker_config(source.config))
    for module in tracker.mask_decoder.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
    tracker.vision_encoder.load_state_dict(source.vision_encoder.state_dict())
    # Two copies of one random code in this library; the stock loader fills both from one key.
    tracker.prompt_encoder.shared_embedding.positional_embedding.data.copy_(
        tracker.shared_image_embedding.positional_embedding.data
    )
    prompts, masks = tracker.prompt_encoder, tracker.mask_decoder
    for table in (
        prompts.point_embed,
        prompts.not_a_point_embed,
        masks.mask_tokens,
        masks.iou_token,
        masks.obj_score_token,
    ):
        nn.init.normal_(table.weight, std=0.5)
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


@torch.no_grad()
def make_clicks_local(tracker: Sam3TrackerModel, images: Tensor) -> None:
    """Let a click look at its own place from the first step on.

    Queries and keys of the cross-attentions start alike, so that their product is the likeness of two places' codes;
    what the image says is scaled down to the size of these codes. Without, the head cuts out every sign there is.
    """
    network: Any = tracker
    level = network.vision_encoder(images).fpn_hidden_states[2]
    scale = 0.35 / float(level.std())
    last = network.vision_encoder.neck.fpn_layers[2]
    last.proj2.weight.mul_(scale)
    last.proj2.bias.mul_(scale)
    layers = network.mask_decoder.transformer.layers
    attentions = [network.mask_decoder.transformer.final_attn_token_to_image]
    attentions += [a for one in layers for a in (one.cross_attn_token_to_image, one.cross_attn_image_to_token)]
    for attention in attentions:
        attention.q_proj.weight.mul_(1.5)
        attention.k_proj.weight.copy_(attention.q_proj.weight)


@torch.no_grad()
def _spread_queries(decoder: Any) -> None:
    """Start the queries on a grid of boxes, with a box head that leaves them there."""
    count = decoder.reference_points.weight.shape[0]
    columns = min(6, count)
    rows = math.ceil(count / columns)
    places = [[(i % columns + 0.5) / columns, (i // columns + 0.5) / rows, 0.22, 0.22] for i in range(count)]
    decoder.reference_points.weight.copy_(inverse_sigmoid(torch.tensor(places)))
    nn.init.zeros_(decoder.box_head.layer3.weight)
    nn.init.zeros_(decoder.box_head.layer3.bias)


@torch.no_grad()
def _look_inside_boxes(decoder: Any) -> None:
    """Let each query look inside its own box from the first step on, as an anchor would.

    The decoder's attention is biased by a small network of a place's distances to the box's two edges. Its first two
    units become how far outside of either edge the place lies, and the heads subtract that, some strongly.
    """
    for embed in (decoder.box_rpb_embed_x, decoder.box_rpb_embed_y):
        embed.layer1.weight[0] = torch.tensor([-1.0, 0.0])
        embed.layer1.weight[1] = torch.tensor([0.0, 1.0])
        embed.layer1.bias[:2] = 0
        embed.layer2.weight.mul_(0.1)
        for head, strength in enumerate((8.0, 5.0, 2.5, 0.0)):
            embed.layer2.weight[head, :2] = -strength


def _phrases_to_learn_from() -> Iterator[str]:
    for phrase in [*(phrase for sign in CLASSES for phrase in sign.phrases), *GROUPS]:
        for _ in range(3):
            yield from spellings(phrase)
    for noun in ABSENT_NOUNS:
        yield from (noun, noun + "s", "a " + noun)
    yield from [EXEMPLAR_PHRASE] * 5
