"""A batch on several CPU cores: each works through a part of the pictures on its own, and the gradients are averaged.

torch's own threads meet hundreds of times in a step. Where another program wants one of the cores, everybody waits for
the one that is held up, spinning: on two cores beside busy neighbours a step cost ten times the CPU seconds.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import torch
from torch import Tensor, nn

# Batch normalization sees only its own part of a batch: with fewer pictures its statistics are too rough.
_LEAST_PICTURES = 4


def split_cores(cores: int, batch_size: int) -> tuple[int, int]:
    """Return how many parts a batch is worked on in, and how many of torch's threads each of them gets."""
    parts = max(min(cores, batch_size // _LEAST_PICTURES), 1)
    return parts, max(cores // parts, 1)


class Shards:
    """Copies of a network on the same weights, each with a thread. Batch statistics are kept from the first part.

    The result depends on the number of parts, and on nothing else: gradients are summed in the parts' order.
    """

    def __init__(self, network: nn.Module, parts: int, threads: int) -> None:
        weights = list(network.parameters())
        self._weights = weights
        # Seen as copied already, the weights are shared; buffers are each copy's own.
        self.networks = [network, *(deepcopy(network, {id(w): w for w in weights}) for _ in range(parts - 1))]
        self._pool = ThreadPoolExecutor(parts, "shard", initializer=torch.set_num_threads, initargs=(threads,))

    def close(self) -> None:
        self._pool.shutdown(wait=True)

    def backward(self, images: Tensor, targets: Tensor) -> Mapping[str, Tensor]:
        """Leave the mean gradient in the weights' `grad`; return the mean of each loss, detached."""
        count = len(self.networks)
        parts = zip(self.networks, images.chunk(count), targets.chunk(count), strict=True)
        waiting = [self._pool.submit(self._gradients, *part) for part in parts]
        answers = [each.result() for each in waiting]
        sums = list(answers[0][1])
        for _, gradients in answers[1:]:
            torch._foreach_add_(sums, list(gradients))  # pyright: ignore[reportPrivateUsage, reportPrivateImportUsage]
        torch._foreach_div_(sums, count)  # pyright: ignore[reportPrivateUsage, reportPrivateImportUsage]
        for weight, gradient in zip(self._weights, sums, strict=True):
            weight.grad = gradient
        return {name: torch.stack([losses[name] for losses, _ in answers]).mean() for name in answers[0][0]}

    def _gradients(
        self, network: nn.Module, images: Tensor, targets: Tensor
    ) -> tuple[Mapping[str, Tensor], Sequence[Tensor]]:
        losses: Mapping[str, Tensor | float] = network(images.contiguous(memory_format=torch.channels_last), targets)
        total = losses["total_loss"]
        assert isinstance(total, Tensor)
        gradients = torch.autograd.grad(total, self._weights, allow_unused=True, materialize_grads=True)
        # What does not take part yet, such as the L1 loss, is a plain number.
        return {name: loss.detach() for name, loss in losses.items() if isinstance(loss, Tensor)}, gradients
