"""What a narrow checkpoint knows: `pictograph.json` beside its weights. Checkpoints without one answer any phrase."""

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from pictograph_server.engines.errors import EngineUnavailable, UnknownClasses

FILENAME = "pictograph.json"


class KnownClass(BaseModel):
    """One class of the checkpoint: the phrase to ask it with, and other phrases for the same thing."""

    model_config = ConfigDict(frozen=True)

    name: str
    phrase: str
    also: tuple[str, ...] = ()


class CheckpointCard(BaseModel):
    """The machine-readable part of a checkpoint's model card."""

    model_config = ConfigDict(frozen=True)

    name: str
    license: str
    knows: str
    classes: tuple[KnownClass, ...]
    # Phrases for several classes at once ("road sign").
    groups: tuple[str, ...] = ()
    # No object is of two of the classes: where two answer for one place, the less confident one is dropped.
    exclusive: bool = False

    def phrase_for(self, prompt: str) -> str | None:
        """Return the phrase to ask the network with, or None when the checkpoint does not know the prompt."""
        return self._phrases.get(simplified(prompt))

    def unknown(self, prompts: Sequence[str]) -> list[str]:
        return [prompt for prompt in prompts if self.phrase_for(prompt) is None]

    def is_group(self, prompt: str) -> bool:
        return self.phrase_for(prompt) in self.groups

    @cached_property
    def _phrases(self) -> dict[str, str]:
        phrases = {simplified(group): group for group in self.groups}
        for known in self.classes:
            phrases |= {simplified(word): known.phrase for word in (known.name, known.phrase, *known.also)}
        return phrases


def read_card(folder: Path) -> CheckpointCard | None:
    """Return the card of a checkpoint folder, or None when it has none.

    Raises:
        EngineUnavailable: the card is broken; guessing what the checkpoint knows would give wrong labels.
    """
    path = folder / FILENAME
    if not path.exists():
        return None
    try:
        return CheckpointCard.model_validate_json(path.read_bytes())
    except ValidationError as error:
        why = f"its {FILENAME} is broken: {error.errors()[0]['msg']}"
        raise EngineUnavailable(
            f"The checkpoint in {folder} cannot be used", why=why, fix="Restore the file"
        ) from error


def plain_phrase(prompt: str) -> str:
    """Return a class name as a phrase for the text encoder: `stop_sign` becomes `stop sign`."""
    return " ".join(re.sub(r"[_\-]+", " ", prompt).split())


def simplified(prompt: str) -> str:
    """Return what two spellings of one phrase have in common: no case, no article, no plural."""
    words = plain_phrase(prompt).casefold()
    words = re.sub(r"^(a |an |the )?(photo|picture|image) of ", "", words)
    words = re.sub(r"^(a|an|the) ", "", words)
    return re.sub(r"(?<=[a-z]{3})(?<!s)s$", "", words)


def check_known(card: CheckpointCard, prompts: Sequence[str], *, why_narrow: str | None = None) -> None:
    """Raise `UnknownClasses` when the card does not list some of the prompts; `why_narrow` says why it was taken."""
    unknown = card.unknown(prompts)
    if not unknown:
        return
    because = f" (SAM 3 itself was not used: {why_narrow})" if why_narrow else ""
    raise UnknownClasses(
        f"The checkpoint {card.name} does not know {', '.join(map(repr, unknown))}",
        why=f"it knows {card.knows} only: {', '.join(known.name for known in card.classes)}{because}",
        fix="Use one of these classes, or get an annotator that knows any: `pictograph doctor` says which can be had "
        "here and how (SAM 3: accept the licence on the hub's page of facebook/sam3 and run `hf auth login`, or set "
        "PICTOGRAPH_ANNOTATOR to a folder with its checkpoint)",
    )
