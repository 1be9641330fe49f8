"""Server-sent events as a client reads them: https://html.spec.whatwg.org/multipage/server-sent-events.html."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event; `data` is its JSON, decoded. A line that only keeps the stream alive has the kind ""."""

    kind: str
    data: Any = None
    id: str | None = None


ALIVE = ServerEvent("")


def read_events(lines: Iterable[str]) -> Iterator[ServerEvent]:
    """Yield the events of a stream's lines, and `ALIVE` for every comment.

    Raises:
        ValueError: the data of an event is not JSON.
    """
    kind, data, mark = "message", list[str](), None
    for line in lines:
        if not line:
            if data:
                yield ServerEvent(kind, json.loads("\n".join(data)), mark)
            kind, data, mark = "message", [], None
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not field:
            yield ALIVE
        elif field == "event":
            kind = value
        elif field == "data":
            data.append(value)
        elif field == "id":
            mark = value
