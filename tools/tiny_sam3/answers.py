"""What a step of the detector's training asks, and what the network answers, as tensors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tools.tiny_sam3.batches import Batch
from tools.tiny_sam3.questions import Question, exemplar_questions, text_questions
from tools.tiny_sam3.vocabulary import CLASSES
from torch import Tensor

PADDING = -10  # what the library takes for «no box here»


@dataclass(frozen=True)
class Asked:
    """The questions of a step as tensors: `picture` (prompts,), `wanted` bool (prompts, objects)."""

    questions: Sequence[Question]
    picture: Tensor
    wanted: Tensor

    @property
    def is_answered(self) -> Tensor:
        return self.wanted.any(1)


@dataclass(frozen=True)
class Answers:
    """`logits` (layers, prompts, queries), `boxes` (…, 4) cxcywh, `presence` (layers, prompts).

    `cells` (prompts, h, w) come from the head that only training has; `masks` (masked, queries, h, w) and `areas`
    (masked, h, w) are of the prompts in `masked`.
    """

    logits: Tensor
    boxes: Tensor
    presence: Tensor
    cells: Tensor
    masked: Tensor
    masks: Tensor | None
    areas: Tensor | None


def questions_about(rng: np.random.Generator, batch: Batch, *, with_boxes: bool, device: torch.device) -> Asked:
    classes, boxes = batch.classes.cpu().numpy(), batch.boxes.cpu().numpy()
    questions: list[Question] = []
    pictures: list[int] = []
    for picture in range(len(classes)):
        about = (
            exemplar_questions(rng, classes[picture], boxes[picture])
            if with_boxes
            else text_questions(rng, classes[picture])
        )
        questions += about
        pictures += [picture] * len(about)
    answering = np.zeros((len(questions), len(CLASSES) + 1), bool)  # the last column is «no object here»
    for row, question in enumerate(questions):
        answering[row, list(question.class_indexes)] = True
    wanted = np.take_along_axis(answering, classes[pictures], axis=1)
    return Asked(questions, torch.tensor(pictures, device=device), torch.from_numpy(wanted).to(device))


def padded_boxes(questions: Sequence[Question], device: torch.device) -> tuple[Tensor, Tensor]:
    most = max(len(question.labels) for question in questions)
    boxes = torch.full((len(questions), most, 4), float(PADDING))
    labels = torch.full((len(questions), most), PADDING)
    for row, question in enumerate(questions):
        if question.labels:
            boxes[row, : len(question.labels)] = torch.tensor(question.boxes_cxcywh)
            labels[row, : len(question.labels)] = torch.tensor(question.labels)
    return boxes.to(device), labels.to(device)
