"""Measure what a large photo costs: `python -m tests.contract.sam3_peak CHECKPOINT MEGAPIXELS OBJECTS WHOLE [DTYPE]`.

Each prompt finds one object. WHOLE of them cover the image, the others a tenth of its width and height. What the
network finds is replaced; what it computes, and what becomes of it, is not. Prints a JSON object. Linux only.
"""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pictograph_server.engines.annotators.sam3.annotator import Sam3Annotator
from pictograph_server.engines.annotators.sam3.network import ImageEmbedding, PromptEmbedding, Proposals, Sam3Network
from pictograph_server.engines.annotators.shapes import detection_to_shape


class Certain(Sam3Network):
    """Finds one object for each prompt, with holes and specks; the first `whole` cover the image."""

    whole = 0

    def propose(self, image: ImageEmbedding, prompts: Sequence[PromptEmbedding]) -> Proposals:
        proposals = super().propose(image, prompts)
        confidences = torch.zeros_like(proposals.confidences)
        confidences[:, 0] = 0.9
        share = torch.where(torch.arange(len(prompts)) < self.whole, 1.0, 0.1)[:, None, None]
        self.whole -= min(self.whole, len(prompts))
        corner = torch.rand(len(prompts), 1, 2) * (1 - share)
        boxes = torch.cat([corner, corner + share], dim=2).expand_as(proposals.boxes)
        return replace(proposals, confidences=confidences, boxes=boxes)

    def masks_of(self, proposals: Proposals, prompt: int, queries: Sequence[int]) -> Tensor:
        drawn = super().masks_of(proposals, prompt, queries)
        noise = torch.randn(drawn.shape)
        inside = torch.nn.functional.avg_pool2d(noise, 5, stride=1, padding=2)
        return inside + 0.3


def main(checkpoint: str, megapixels: str, objects: str, whole: str, dtype: str = "float32") -> None:
    torch.manual_seed(0)
    network = Certain(Path(checkpoint), torch.device("cpu"), getattr(torch, dtype))
    annotator = Sam3Annotator(network, checkpoint="certain")
    annotator.text([np.zeros((64, 64, 3), np.uint8)], ["one"], threshold=0.5)
    height = round((float(megapixels) * 1e6 / 1.5) ** 0.5)
    Path("/proc/self/clear_refs").write_text("5")
    before = memory("VmRSS")
    image = np.random.default_rng(0).integers(0, 255, (height, round(height * 1.5), 3), np.uint8)
    network.whole = int(whole)
    started, cpu_started = time.perf_counter(), time.process_time()
    [found] = annotator.text(
        [image], [f"thing {i}" for i in range(int(objects))], threshold=0.5, max_detections=int(objects)
    )
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu_started
    labelled = memory("VmHWM")
    detection_to_shape(found[0])
    figures = {
        "objects": len(found),
        "image_mb": image.nbytes // 1_000_000,
        "above_the_model_mb": (labelled - before) // 1_000_000,
        "with_an_outline_mb": (memory("VmHWM") - before) // 1_000_000,
        "masks_mb": sum(len(d.mask.runs) for d in found if d.mask) // 1_000_000,
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
    }
    print(json.dumps(figures))


def memory(what: str) -> int:
    """Return the bytes this process holds now (`VmRSS`), or held at most since the mark was cleared (`VmHWM`)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    [kilobytes] = [line.split()[1] for line in lines if line.startswith(f"{what}:")]
    return int(kilobytes) * 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
