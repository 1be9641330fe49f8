"""The annotators of this server, as people see them."""

from pictograph.models.annotator import Annotator
from pictograph_server.engines.annotators import availability
from pictograph_server.engines.errors import EngineUnavailable
from pictograph_server.platform import Platform


def list_annotators(platform: Platform) -> list[Annotator]:
    """Return every annotator, best first. May take seconds where the hub is asked and out of reach."""
    own = _own(platform.settings.annotator)
    return [
        Annotator(
            name=state.name,
            title=state.title,
            checkpoint=state.checkpoint,
            capabilities=sorted(capability.value for capability in state.capabilities),
            license=state.license,
            is_available=state.is_available,
            is_here=state.is_here,
            download_bytes=state.download_bytes,
            is_default=state.name == own,
            why_not=state.why_not,
            fix=state.fix,
        )
        for state in availability.survey()
    ]


def _own(choice: str) -> str | None:
    try:
        return availability.check(choice)
    except EngineUnavailable:
        # It is said where somebody asks it to label.
        return choice
