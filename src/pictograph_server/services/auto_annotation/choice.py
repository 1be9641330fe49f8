"""What labels: the annotator or trained model that a request names, known to work here before anything is paid for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from pictograph_server.actor import Actor
from pictograph_server.engines.annotators import availability
from pictograph_server.engines.annotators.availability import AUTO, Usable
from pictograph_server.engines.annotators.base import Capability
from pictograph_server.engines.annotators.checkpoints.catalogue import KNOWN, NAMES
from pictograph_server.engines.annotators.checkpoints.folders import annotator_in
from pictograph_server.engines.errors import EngineUnavailable, UnknownClasses
from pictograph_server.errors import BadRequest, Forbidden
from pictograph_server.platform import Platform
from pictograph_server.services.models.annotator import TrainedChoice, trained_choice
from pictograph_server.services.models.local_folder import local_folder

# The wire's word for the server's own annotator, where others write the id of a trained model.
DEFAULT_MODEL = "sam3"


class AnnotatorUnavailable(BadRequest):
    """No 5xx: clients would ask again, three times, for what somebody has to put right first."""

    code = "annotator_unavailable"


class ClassNotKnown(BadRequest):
    code = "class_not_known"


class AnnotatorFolderForbidden(Forbidden):
    code = "annotator_folder_forbidden"

    def __init__(self, annotator: str, actor: Actor) -> None:
        super().__init__(
            f"The annotator {annotator!r} may not be asked for",
            why=f"folders of the server and hub ids are for admins and owners, and this key is a {actor.role}'s",
            fix=f"Ask for one of {', '.join((AUTO, *NAMES))}, or have the operator set PICTOGRAPH_ANNOTATOR",
        )


class AnnotatorNamedTwice(BadRequest):
    code = "annotator_named_twice"

    def __init__(self, annotator: str, model_id: str) -> None:
        super().__init__(
            f"Both the annotator {annotator!r} and the trained model {model_id!r} are asked for",
            why="one of them labels",
            fix="Leave `annotator` or `model_id` out",
        )


class PromptKindNotPossible(BadRequest):
    code = "prompt_kind_not_possible"

    def __init__(self, engine: str, missing: Capability, capabilities: frozenset[Capability]) -> None:
        able = ", ".join(_KINDS[each] for each in Capability if each in capabilities)
        super().__init__(
            f"{engine} cannot be asked with {_KINDS[missing]}",
            why=f"it can be asked with {able}",
            fix="Ask with one of these, or name an annotator that takes it: "
            + ", ".join(known.name for known in KNOWN if missing in known.capabilities),
        )


_KINDS = {
    Capability.TEXT: "phrases",
    Capability.EXEMPLAR: "boxes of examples",
    Capability.BOX: "a box around one object",
    Capability.POINT: "clicks",
    Capability.TAG: "the classes of whole images",
}


@dataclass(frozen=True, slots=True)
class ChosenAnnotator:
    """What will label, settled: it can be opened on this machine now."""

    # What `registry.open_annotator` takes; never `auto`. A trained model's is its folder here.
    choice: str
    # `engine@checkpoint` or `model:<id>`, as the annotations will say.
    engine: str
    is_trained_model: bool
    # None: any phrase may be asked for.
    class_names: tuple[str, ...] | None
    capabilities: frozenset[Capability]
    # What a trained model can give is checked by it: `trained.check_wanted(...)`.
    trained: TrainedChoice | None = None
    usable: Usable | None = None

    def require(self, capability: Capability) -> None:
        """Raise `PromptKindNotPossible` when it cannot be asked in this way."""
        if capability not in self.capabilities:
            raise PromptKindNotPossible(self.engine, capability, self.capabilities)

    def check_prompts(self, prompts: Sequence[str]) -> None:
        """Raise `ClassNotKnown` when it is known to lack some of the prompts; SAM 3 and its like lack none."""
        try:
            if self.usable is not None:
                self.usable.check_prompts(prompts)
        except UnknownClasses as error:
            raise ClassNotKnown(error.what, why=error.why, fix=error.fix) from error


def resolve(
    platform: Platform, conn: Connection, actor: Actor, *, annotator: str | None, model_id: str | None
) -> ChosenAnnotator:
    """Return what a request comes to: its trained model, its annotator, or the server's own (`settings.annotator`).

    May take five seconds where the hub is asked and out of reach, so `conn` must not be in a write transaction.

    Raises:
        AnnotatorUnavailable: 400, it cannot be used here; says why and what to do.
        AnnotatorNamedTwice: 400. AnnotatorFolderForbidden: 403.
        ModelNotFound, ModelFileMissing: 404. ModelNotReady: 409.
    """
    if model_id is not None and model_id != DEFAULT_MODEL:
        if annotator is not None:
            raise AnnotatorNamedTwice(annotator, model_id)
        return _trained(platform, conn, actor, model_id)
    own = platform.settings.annotator
    wanted = annotator or own
    try:
        if wanted not in (own, AUTO, *NAMES) and not actor.has_role("admin"):
            # Whether it is there is none of their business.
            raise AnnotatorFolderForbidden(wanted, actor) if "/" in wanted else availability.unknown_annotator(wanted)
        usable = availability.find(_with_own_folder(wanted, own))
    except EngineUnavailable as error:
        raise AnnotatorUnavailable(error.what, why=error.why, fix=error.fix) from error
    card = usable.card
    return ChosenAnnotator(
        choice=usable.choice,
        engine=usable.engine,
        is_trained_model=usable.engine.startswith("model:"),
        class_names=tuple(known.name for known in card.classes) if card else None,
        capabilities=usable.capabilities,
        usable=usable,
    )


def _trained(platform: Platform, conn: Connection, actor: Actor, model_id: str) -> ChosenAnnotator:
    trained = trained_choice(conn, actor.organization_id, model_id)
    return ChosenAnnotator(
        choice=str(local_folder(platform, actor.organization_id, model_id)),
        engine=trained.engine,
        is_trained_model=True,
        class_names=trained.class_names,
        capabilities=trained.capabilities,
        trained=trained,
    )


def _with_own_folder(wanted: str, own: str) -> str:
    """Return the server's own folder where a request asks for the annotator in it; SAM 3 is the best there is."""
    folder = Path(own).expanduser()
    if own in (AUTO, *NAMES) or not folder.is_dir():
        return wanted
    inside = annotator_in(folder)
    return own if wanted == inside or (wanted == AUTO and inside == "sam3") else wanted
