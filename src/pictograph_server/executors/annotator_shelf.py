"""The networks the warm annotator keeps open: the server's own choice always, others while memory lasts."""

import logging
import os
import queue
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pictograph_server.engines.annotators.base import Annotator

_log = logging.getLogger(__name__)
OpenAnnotator = Callable[[str, str | None], Annotator]
# What a control group may use: versions 2 and 1.
_GROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


@dataclass(frozen=True, slots=True)
class Opened:
    """A loaded network. `threads` is how many of torch's threads it wants; None where it uses no torch."""

    annotator: Annotator
    threads: int | None = None
    size_bytes: int = 0

    def take_threads(self) -> None:
        """Give this thread as many of torch's threads as the network wants: they are counted for each thread."""
        torch = sys.modules.get("torch")
        if torch is not None and self.threads is not None and torch.get_num_threads() != self.threads:
            torch.set_num_threads(self.threads)


class Memory(Protocol):
    def used(self) -> int: ...

    @property
    def limit(self) -> int: ...


class Shelf:
    """Opens networks in a thread of its own, so that the others go on working, and forgets those not used for long.

    `favourite` is never forgotten.
    """

    def __init__(self, open_annotator: OpenAnnotator, device: str | None, favourite: str, memory: Memory) -> None:
        self._open = open_annotator
        self._device = device
        self._favourite = favourite
        self._memory = memory
        self._lock = threading.Lock()
        self._opened: OrderedDict[str, Opened] = OrderedDict()
        self._waiting: dict[str, list[Callable[[Exception | None], None]]] = {}
        self._wanted: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._load_all, name="loader", daemon=True).start()

    def find(self, choice: str) -> Opened | None:
        """Return the network if it is open, and remember that it was used."""
        with self._lock:
            opened = self._opened.get(choice)
            if opened is not None:
                self._opened.move_to_end(choice)
            return opened

    def load(self, choice: str, then: Callable[[Exception | None], None]) -> None:
        """Open the network, then call `then` in the loader's thread, with the error if it could not be opened."""
        with self._lock:
            is_first = choice not in self._waiting
            self._waiting.setdefault(choice, []).append(then)
        if is_first:
            self._wanted.put(choice)

    def _load_all(self) -> None:
        torch_threads: int | None = None
        while True:
            choice = self._wanted.get()
            error: Exception | None = None
            if self.find(choice) is None:
                torch = sys.modules.get("torch")
                if torch is not None:
                    # A small network may have left this thread with fewer.
                    torch_threads = torch_threads or torch.get_num_threads()
                    torch.set_num_threads(torch_threads)
                try:
                    self._put(choice, self._loaded(choice))
                except Exception as caught:  # the edge: whatever it is, those who wait must hear of it
                    error = caught
            with self._lock:
                waiting = self._waiting.pop(choice)
            for then in waiting:
                then(error)

    def _loaded(self, choice: str) -> Opened:
        before = self._memory.used()
        annotator = self._open(choice, self._device)
        torch = sys.modules.get("torch")
        threads = None if torch is None else int(torch.get_num_threads())
        return Opened(annotator, threads, max(0, self._memory.used() - before))

    def _put(self, choice: str, opened: Opened) -> None:
        with self._lock:
            self._opened[choice] = opened
            _log.info("%s is loaded (%.0f MB)", opened.annotator.name, opened.size_bytes / 1e6)
            for other in list(self._opened):
                if sum(each.size_bytes for each in self._opened.values()) <= self._memory.limit:
                    break
                if other not in (choice, self._favourite):
                    _log.info("%s makes room", self._opened.pop(other).annotator.name)
        _give_back_memory()


class DeviceMemory:
    """The memory that networks take: of the GPU, where there is one, and of this process."""

    @property
    def limit(self) -> int:
        """Return what all open networks may take together: half of what there is."""
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_available():
            return int(torch.cuda.get_device_properties(0).total_memory) // 2
        return _machine_memory() // 2

    def used(self) -> int:
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_initialized():
            return int(torch.cuda.memory_allocated())
        with suppress(OSError):
            return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return 0


def _machine_memory() -> int:
    size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in _GROUP_LIMITS:
        with suppress(OSError, ValueError):
            return min(size, int(path.read_text()))
    return size


def _give_back_memory() -> None:
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
