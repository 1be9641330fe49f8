"""Images through a network, several at once where it takes them, and each image's outputs by themselves again."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice

import numpy as np

from pictograph.inference.network import Network, Outputs
from pictograph.inference.sources import Input
from pictograph.inference.spec import ClassifierSpec, FinderSpec, ListDecoding

# A GPU wants several images at once. A CPU is no faster for it, and a batch takes the memory of as many images.
_BATCH_ON_GPU = 16


def batch_size_of(network: Network, spec: FinderSpec | ClassifierSpec, wanted: int | None = None) -> int:
    """Return how many images go through the network at once.

    Raises:
        ValueError: fewer than one is wanted.
    """
    if wanted is not None and wanted < 1:
        raise ValueError(f"batch_size is {wanted}: at least one image goes through the network")
    # A list of detections has no axis that says whose they are.
    if isinstance(spec.postprocessing, ListDecoding) or not network.takes_batches:
        return 1
    return wanted or (1 if network.device == "cpu" else _BATCH_ON_GPU)


def answers(
    network: Network, inputs: Iterable[Input], spec: FinderSpec | ClassifierSpec, *, batch_size: int
) -> Iterator[tuple[Outputs, Input]]:
    """Yield each image's outputs, without the batch's axis, and the image as it went in, as many at once as can be.

    Where so many at once are too many for the memory, or for a graph that was traced with one, half as many go.
    """
    batch_size = batch_size_of(network, spec, batch_size)
    remaining = iter(inputs)
    while chunk := list(islice(remaining, batch_size)):
        try:
            outputs = network.run(np.concatenate([each.tensor for each in chunk]))
        except RuntimeError:
            if len(chunk) == 1:
                raise
            batch_size = len(chunk) // 2
            remaining = chain(chunk, remaining)
            continue
        if isinstance(spec.postprocessing, ListDecoding):
            yield outputs, chunk[0]
            continue
        for index, each in enumerate(chunk):
            yield {name: values[index] for name, values in outputs.items()}, each
