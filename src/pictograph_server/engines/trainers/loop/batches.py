"""The batches of an epoch, the next ones already drawn while the network works on this one."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pictograph_server.engines.trainers.loop.learner import Batch, Learner

# Batches that wait ready.
_AHEAD = 2


class Batches:
    """Draws examples in threads (decoding and OpenCV leave the interpreter) and puts them together."""

    def __init__(self, learner: Learner, *, threads: int) -> None:
        self._learner = learner
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="draw")

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def epoch(self, epoch: int, *, batch_size: int, fine: bool) -> Iterator[Batch]:
        """Yield the batches of an epoch (0-based). Each example comes once; the last batch is filled from the start.

        No state of a random generator lives between steps: an example depends on the seed, the epoch and its position.
        """
        seed = self._learner.plan.seed
        order = np.random.default_rng([seed, epoch]).permutation(self._learner.examples)
        steps = steps_of(len(order), batch_size)
        order = np.resize(order, steps * batch_size)
        waiting: list[list[Future[Any]]] = []
        for step in range(steps):
            waiting.append(self._submit(epoch, step, order, batch_size, fine=fine))
            if len(waiting) > _AHEAD:
                yield self._collated(waiting.pop(0))
        for futures in waiting:
            yield self._collated(futures)

    def _submit(
        self, epoch: int, step: int, order: NDArray[np.int64], batch_size: int, *, fine: bool
    ) -> list[Future[Any]]:
        positions = range(step * batch_size, (step + 1) * batch_size)
        return [
            self._pool.submit(
                self._learner.draw,
                int(order[position]),
                np.random.default_rng([self._learner.plan.seed, epoch, position]),
                fine=fine,
            )
            for position in positions
        ]

    def _collated(self, futures: Sequence[Future[Any]]) -> Batch:
        return self._learner.collate([future.result() for future in futures])


def steps_of(examples: int, batch_size: int) -> int:
    """Return how many batches an epoch has."""
    return -(-examples // batch_size)


def to_device(batch: Batch, device: torch.device) -> Batch:
    """Return a batch with every tensor on the device; copies to a GPU run beside the steps."""
    if isinstance(batch, torch.Tensor):
        return batch.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else batch.to(device)
    if isinstance(batch, dict):
        return {name: to_device(value, device) for name, value in batch.items()}
    if isinstance(batch, list | tuple):
        return type(batch)(to_device(value, device) for value in batch)
    return batch
