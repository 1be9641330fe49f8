"""Whether the server can do its work: its database answers, is migrated, and somebody runs the jobs."""

from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from pictograph_server.platform import Platform
from pictograph_server.storage.db.migrate import current_revision, head_revision


class Health:
    """`is_dispatching` tells whether this process's dispatcher beats; None when it has none."""

    def __init__(self, platform: Platform, is_dispatching: Callable[[], bool] | None = None) -> None:
        self._platform = platform
        self._is_dispatching = is_dispatching

    def problems(self) -> list[str]:
        """Return what is wrong, in words; nothing when the server is ready."""
        found: list[str] = []
        try:
            revision = current_revision(self._platform.db)
            if revision != head_revision():
                found.append(f"the database is at revision {revision}, this version needs {head_revision()}")
        except SQLAlchemyError as error:
            found.append(f"the database does not answer: {type(error).__name__}")
        if self._is_dispatching is not None and not self._is_dispatching():
            found.append("the dispatcher of jobs does not beat")
        return found
