"""Weights to start from that can learn, where the library's own cannot.

Those are meant for 1024 channels; at 96 nothing learns to place a box. What is set here is what made it converge
(docs/engines/tiny.md).
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from transformers import Sam3Model, Sam3TrackerModel
from transformers.models.sam3.modeling_sam3 import inverse_sigmoid


def prepare_detector(detector: Sam3Model) -> None:
    """Draw all weights anew, and let each query begin with a box of its own and look inside it."""
    network: Any = detector
    for module in network.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
        elif isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.xavier_uniform_(module.weight.view(module.weight.shape[0], -1))
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d) and module.bias is not None:
            nn.init.zeros_(module.bias)
    nn.init.normal_(network.detr_decoder.query_embed.weight, std=0.5)
    nn.init.normal_(network.text_encoder.get_input_embeddings().weight, std=0.1)
    _spread_queries(network.detr_decoder)
    _look_inside_boxes(network.detr_decoder)


def prepare_tracker(tracker: Sam3TrackerModel, detector: Sam3Model) -> None:
    """Draw the weights of the click head anew, on the detector's vision encoder and a copy of its neck."""
    network: Any = tracker
    source: Any = detector
    for module in network.mask_decoder.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
    network.vision_encoder.load_state_dict(source.vision_encoder.state_dict())
    # Two copies of one random code in this library; the stock loader fills both from one key.
    network.prompt_encoder.shared_embedding.positional_embedding.data.copy_(
        network.shared_image_embedding.positional_embedding.data
    )
    prompts, masks = network.prompt_encoder, network.mask_decoder
    for table in (
        prompts.point_embed,
        prompts.not_a_point_embed,
        masks.mask_tokens,
        masks.iou_token,
        masks.obj_score_token,
    ):
        nn.init.normal_(table.weight, std=0.5)


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
