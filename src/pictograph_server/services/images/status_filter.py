"""The words that choose images by status, including the two that clients send and that are no status (trap 18)."""

from pictograph_server.errors import Unprocessable

_FILTERS: dict[str, tuple[str, ...] | None] = {
    "all": None,
    "new": ("new",),
    "annotate": ("annotate",),
    "review": ("review",),
    "complete": ("complete",),
    "in_progress": ("annotate", "review"),
}


class UnknownStatusFilter(Unprocessable):
    code = "unknown_status_filter"

    def __init__(self, status_filter: str) -> None:
        super().__init__(
            f"Unknown status filter {status_filter!r}",
            why="images have a status, and a filter names one or a group",
            fix=f"Use one of {', '.join(_FILTERS)}, or leave it out for all images",
        )


def statuses_of(status_filter: str | None) -> tuple[str, ...] | None:
    """Return the statuses that pass, or None when every status does.

    Raises:
        UnknownStatusFilter: the word means nothing here.
    """
    if status_filter is None:
        return None
    if status_filter not in _FILTERS:
        raise UnknownStatusFilter(status_filter)
    return _FILTERS[status_filter]
