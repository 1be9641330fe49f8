"""Which images a model has learned from, by their content, and which of a dataset's are measured therefore."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pictograph.models.evaluation import EvaluationSplit
from pictograph_server.engines.trainers.base import Sample
from pictograph_server.services.evaluations import repository
from pictograph_server.services.models.repository import ModelRecord
from pictograph_server.services.training import history_repository as history

# Split of the model's training run -> contents of its images.
LearnedFrom = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Choice:
    """The images to measure on. When there are none, `why_none` and `fix` say what a person can do."""

    samples: tuple[Sample, ...]
    seen: int | None
    remarks: Sequence[str] = ()
    why_none: str = ""
    fix: str = ""


def learned_from(conn: Connection, model: ModelRecord) -> LearnedFrom | None:
    """Return what the model's run learned from; None when that is not known (any more)."""
    splits = history.splits_of(conn, model.training_run_id) if model.training_run_id is not None else None
    if splits is None:
        return None
    return {
        split: frozenset(repository.sha256s(conn, model.organization_id, ids)) for split, ids in splits.images.items()
    }


def choose(samples: Sequence[Sample], learned: LearnedFrom | None, split: EvaluationSplit | None) -> Choice:
    """Return the images of the split: of None those that the model did not learn from.

    Where all were learned from, they are measured on nevertheless, and it is said.
    """
    if not samples:
        return Choice(
            (), None, why_none="none of its images is annotated for this model", fix="Annotate some of its images"
        )
    if learned is None:
        return _of_unknown(samples, split)
    train = learned.get("train", frozenset())
    if split in ("train", "val", "test"):
        wanted = learned.get(split, frozenset())
        chosen = tuple(sample for sample in samples if sample.sha256 in wanted)
        why = f"none of its images was in the split {split} of the model's training run"
        return Choice(chosen, len(chosen) if split == "train" else 0, why_none=why, fix="Leave out `split`")
    unseen = tuple(sample for sample in samples if sample.sha256 not in train)
    seen = len(samples) - len(unseen)
    if split == "all" or not seen:
        words = f"The model has learned from {seen} of these {len(samples)} images: the figures flatter it."
        return Choice(tuple(samples), seen, [words] if seen else [])
    if not unseen:
        words = f"The model has learned from all of these {len(samples)} images: the figures flatter it."
        return Choice(tuple(samples), seen, [words])
    return Choice(unseen, 0, [f"Images left out because the model has learned from them: {seen}."])


def _of_unknown(samples: Sequence[Sample], split: EvaluationSplit | None) -> Choice:
    if split in ("train", "val", "test"):
        why = "it is not known any more which images the model has learned from"
        return Choice((), None, why_none=why, fix="Leave out `split`")
    return Choice(tuple(samples), None, ["It is not known which images the model has learned from."])
