"""Images through a network, several at once where it takes them, and each image's outputs by themselves again."""

from collections.abc import Iterator, Sequence

import numpy as np

from pictograph.inference.images import Placement, fit, to_tensor
from pictograph.inference.network import Network, Outputs
from pictograph.inference.spec import ClassifierSpec, FinderSpec, ListDecoding
from pictograph.pixels import RgbArray


def answers(
    network: Network, images: Sequence[RgbArray], spec: FinderSpec | ClassifierSpec
) -> Iterator[tuple[Outputs, Placement]]:
    """Yield each image's outputs, without the batch's axis, and where the image was in the input."""
    # A list of detections has no axis that says whose they are.
    if isinstance(spec.postprocessing, ListDecoding):
        for image in images:
            fitted, placement = fit(image, spec.preprocessing)
            yield network.run(to_tensor(fitted, spec.preprocessing)), placement
        return
    size = max(len(images), 1) if network.takes_batches else 1
    for start in range(0, len(images), size):
        inputs = [fit(image, spec.preprocessing) for image in images[start : start + size]]
        outputs = network.run(np.concatenate([to_tensor(fitted, spec.preprocessing) for fitted, _ in inputs]))
        for index, (_, placement) in enumerate(inputs):
            yield {name: values[index] for name, values in outputs.items()}, placement
