"""The network sees while it learns what it will see in use."""

import numpy as np
import torch

from pictograph.inference.images import to_tensor
from pictograph.inference.spec import Preprocessing
from pictograph_server.engines.trainers.loop.inputs import network_input


def test_network_input__is_what_inference_feeds() -> None:
    seen = Preprocessing(
        input_size_hw=(4, 6), channel_order="RGB", scale=1 / 255, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
    )
    pixels = np.random.default_rng(0).integers(0, 256, (2, 4, 6, 3), dtype=np.uint8)
    expected = np.concatenate([to_tensor(each, seen) for each in pixels])
    found = network_input(torch.from_numpy(pixels), seen)
    assert np.allclose(found.numpy(), expected, atol=1e-6)
    assert found.is_contiguous(memory_format=torch.channels_last)
