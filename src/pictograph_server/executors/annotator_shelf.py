"""The networks the warm annotator keeps open: the server's own always, others while memory lasts."""

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

from pictograph_server.engines.annotators import availability
from pictograph_server.engines.annotators.base import Annotator
from pictograph_server.engines.annotators.registry import open_annotator
from pictograph_server.engines.errors import EngineUnavailable

_log = logging.getLogger(__name__)
OpenAnnotator = Callable[[str, str | None], Annotator]
# Called with None once the network is open, or with the reason why it is not.
Then = Callable[[Exception | None], None]
# What a control group may use: versions 2 and 1.
_GROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


@dataclass(frozen=True, slots=True)
class Opened:
    """A loaded network. `threads` is how many of torch's threads it wants; None where torch is not loaded."""

    annotator: Annotator
    threads: int | None = None
    size_bytes: int = 0

    def take_threads(self) -> None:
        """Give this thread as many of torch's threads as the network wants: torch counts them for each thread."""
        torch = sys.modules.get("torch")
        if torch is not None and self.threads is not None and torch.get_num_threads() != self.threads:
            torch.set_num_threads(self.threads)


class Memory(Protocol):
    def used(self) -> int: ...

    def limit(self) -> int:
        """Return what all open networks may take together."""
        ...


class DeviceMemory:
    """The memory that networks take: the GPU's where they are on one, else this process's."""

    def limit(self) -> int:
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_initialized():
            return int(torch.cuda.get_device_properties(torch.cuda.current_device()).total_memory) // 2
        return _machine_memory() // 2

    def used(self) -> int:
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_initialized():
            return sum(int(torch.cuda.memory_allocated(device)) for device in range(torch.cuda.device_count()))
        with suppress(OSError):
            return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return 0


class Shelf:
    """Opens networks in a thread of its own, while others are at work, and forgets those not used for longest.

    `favourite`, the server's own choice, is never forgotten.
    """

    def __init__(
        self,
        favourite: str,
        device: str | None,
        *,
        opener: OpenAnnotator = open_annotator,
        resolve: Callable[[str], str] = availability.check,
        memory: Memory | None = None,
    ) -> None:
        self._favourite = favourite
        self._device = device
        self._opener = opener
        self._resolve = resolve
        self._memory = memory or DeviceMemory()
        self._lock = threading.Lock()
        self._opened: OrderedDict[str, Opened] = OrderedDict()
        # What `auto` turned out to be.
        self._meaning: dict[str, str] = {}
        self._waiting: dict[str, list[Then]] = {}
        self._wanted: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._own_threads: int | None = None
        threading.Thread(target=self._load_all, name="loader", daemon=True).start()

    def find(self, choice: str) -> Opened | None:
        """Return the network if it is open, and remember that it was used."""
        with self._lock:
            name = self._meaning.get(choice, choice)
            opened = self._opened.get(name)
            if opened is not None:
                self._opened.move_to_end(name)
            return opened

    def load(self, choice: str, then: Then) -> None:
        """Open the network, unless it is, and then call `then` in the loader's thread."""
        with self._lock:
            is_first = choice not in self._waiting
            self._waiting.setdefault(choice, []).append(then)
        if is_first:
            self._wanted.put(choice)

    def _load_all(self) -> None:
        while True:
            choice = self._wanted.get()
            error: Exception | None = None
            try:
                self._load(choice)
            except Exception as caught:  # the edge: whatever it is, those who wait must hear of it
                error = caught
            with self._lock:
                waiting = self._waiting.pop(choice)
            for then in waiting:
                then(error)

    def _load(self, choice: str) -> None:
        name = self._resolve(choice) if choice == availability.AUTO else choice
        with self._lock:
            self._meaning[choice] = name
        if self.find(choice) is not None:
            return
        torch = sys.modules.get("torch")
        if torch is not None:
            # The network before may have left this thread with fewer than the machine has for one.
            self._own_threads = self._own_threads or int(torch.get_num_threads())
            torch.set_num_threads(self._own_threads)
        before = self._memory.used()
        # `auto` itself, not what it means: its refusals say why it is no better one.
        annotator = self._opener(choice, self._device)
        torch = sys.modules.get("torch")
        threads = None if torch is None else int(torch.get_num_threads())
        opened = Opened(annotator, threads, max(0, self._memory.used() - before))
        _log.info("%s is loaded: %.0f MB", annotator.name, opened.size_bytes / 1e6)
        with self._lock:
            self._opened[name] = opened
        self._make_room(name)

    def _make_room(self, newest: str) -> None:
        kept = {newest, self._favourite}
        if self._favourite == availability.AUTO:
            with suppress(EngineUnavailable):
                kept.add(self._resolve(self._favourite))
        with self._lock:
            for name in list(self._opened):
                if sum(each.size_bytes for each in self._opened.values()) <= self._memory.limit():
                    break
                if name not in kept:
                    _log.info("%s makes room", self._opened.pop(name).annotator.name)
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_initialized():
            torch.cuda.empty_cache()


def _machine_memory() -> int:
    size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in _GROUP_LIMITS:
        with suppress(OSError, ValueError):
            return min(size, int(path.read_text()))
    return size
