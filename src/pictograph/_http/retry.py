"""When a request is tried again, and after how long."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pictograph.exceptions import parse_retry_after

RETRYABLE_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
_IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
# A server that asks for more than this gets no second attempt: the caller should know.
_LONGEST_RETRY_AFTER_S = 120.0


def _jitter() -> float:
    return random.uniform(0.75, 1.25)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with jitter; a server's `Retry-After` wins where it is a 429."""

    max_retries: int = 3
    jitter: Callable[[], float] = _jitter

    def delay(
        self, attempt: int, *, method: str, has_key: bool, status: int | None, headers: Mapping[str, str] | None = None
    ) -> float | None:
        """Return the seconds to wait before the next attempt, or None to give up.

        Args:
            attempt: 0 for the first one.
            has_key: the request carries an idempotency key, so repeating it is safe whatever the method.
            status: the answer's; None when there was no answer.
        """
        if attempt >= self.max_retries:
            return None
        if status is not None and status not in RETRYABLE_STATUSES:
            return None
        if status != 429 and not (has_key or method in _IDEMPOTENT_METHODS):
            return None
        if status == 429:
            asked = parse_retry_after(headers)
            if asked is not None:
                return asked if asked <= _LONGEST_RETRY_AFTER_S else None
        return min(1.0 * 2**attempt, 30.0) * self.jitter()
