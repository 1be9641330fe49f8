"""Which query answers for which object: the cheapest assignment, layer by layer (Carion et al. 2020, DETR)."""

from dataclasses import dataclass

import torch
from scipy.optimize import linear_sum_assignment
from tools.tiny_sam3.boxes import cxcywh_to_xyxy, giou, xyxy_to_cxcywh
from torch import Tensor

BOX_COST, GIOU_COST, CONFIDENCE_COST = 5.0, 2.0, 2.0


@dataclass(frozen=True)
class Matched:
    """Index vectors, all of one length: at `[layer, prompt, query]` is the answer for `[prompt, object]`."""

    layer: Tensor
    prompt: Tensor
    query: Tensor
    object: Tensor

    def __len__(self) -> int:
        return len(self.layer)


@torch.no_grad()
def match(logits: Tensor, boxes_cxcywh: Tensor, true_boxes_xyxy: Tensor, wanted: Tensor) -> Matched:
    """Return the assignment of queries to wanted objects.

    Args:
        logits: (layers, prompts, queries).
        boxes_cxcywh: (layers, prompts, queries, 4), relative to the picture.
        true_boxes_xyxy: (prompts, objects, 4).
        wanted: bool (prompts, objects): the objects that answer each prompt.
    """
    true_cxcywh = xyxy_to_cxcywh(true_boxes_xyxy)
    distance = (boxes_cxcywh[:, :, :, None] - true_cxcywh[None, :, None]).abs().sum(-1)
    overlap = giou(cxcywh_to_xyxy(boxes_cxcywh)[:, :, :, None], true_boxes_xyxy[None, :, None])
    cost = BOX_COST * distance - GIOU_COST * overlap - CONFIDENCE_COST * logits.sigmoid()[..., None]
    costs, wants = cost.float().cpu().numpy(), wanted.cpu().numpy()
    rows: list[tuple[int, int, int, int]] = []
    for prompt in range(wants.shape[0]):
        objects = wants[prompt].nonzero()[0]
        if len(objects):
            for layer in range(costs.shape[0]):
                queries, chosen = linear_sum_assignment(costs[layer, prompt][:, objects])
                rows += [(layer, prompt, int(q), int(objects[c])) for q, c in zip(queries, chosen, strict=True)]
    table = torch.tensor(rows, dtype=torch.long, device=logits.device).reshape(-1, 4)
    return Matched(*table.unbind(1))
