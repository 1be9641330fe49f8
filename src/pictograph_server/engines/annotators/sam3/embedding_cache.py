"""Embeddings of what was asked about lately, bounded by the memory they really hold."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from torch import Tensor


class Embedding(Protocol):
    def tensors(self) -> "tuple[Tensor, ...]": ...


Kept = TypeVar("Kept", bound=Embedding)


class EmbeddingCache:
    """The embeddings used last, as many as fit into `limit_bytes`; one that is larger is made each time."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.size_bytes = 0
        self._kept: OrderedDict[Hashable, Embedding] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """Return the embedding kept under the key, or make and keep it. A key is of one kind of embedding."""
        if key not in self._kept:
            made = make()
            size = size_bytes(made)
            if size > self.limit_bytes:
                return made
            while self.size_bytes + size > self.limit_bytes:
                _, dropped = self._kept.popitem(last=False)
                self.size_bytes -= size_bytes(dropped)
            self._kept[key] = made
            self.size_bytes += size
        self._kept.move_to_end(key)
        return cast(Kept, self._kept[key])


def size_bytes(embedding: Embedding) -> int:
    """Return the memory an embedding keeps alive: a slice of a tensor keeps the whole of it, two slices only once."""
    storages = [tensor.untyped_storage() for tensor in embedding.tensors()]
    return sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())
