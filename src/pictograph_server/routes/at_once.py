"""Work of which only a few pieces are done at the same time: the threads that it would hold are everybody's."""

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar


class AtOnce:
    """A limiter for each event loop, made on first use: `to_thread.run_sync(…, limiter=few.limiter())`."""

    def __init__(self, name: str, most: int) -> None:
        self._most = most
        self._limiter: RunVar[CapacityLimiter] = RunVar(name)

    def limiter(self) -> CapacityLimiter:
        try:
            return self._limiter.get()
        except LookupError:
            limiter = CapacityLimiter(self._most)
            self._limiter.set(limiter)
            return limiter
