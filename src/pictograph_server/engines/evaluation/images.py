"""Classification: what images are as a whole."""

from collections.abc import Callable, Sequence

from pictograph.inference.model import ClassificationModel
from pictograph.inference.tags import Tags
from pictograph.metrics.average_precision import Judged
from pictograph.metrics.confusion import WORST_IMAGES
from pictograph.metrics.operating_point import together
from pictograph.metrics.tagging import TagAnswers, TagTally
from pictograph.models.evaluation import ClassEvaluation, ConfusionMatrix, FoundFigures, ModelEvaluation, WorstImage
from pictograph_server.engines.evaluation.asking import tags_of
from pictograph_server.engines.evaluation.class_list import ClassList
from pictograph_server.engines.evaluation.thresholds import best_threshold, threshold_curve
from pictograph_server.engines.trainers.base import Sample

_NOTHING = "nothing"
# With fewer classes the right one is hardly ever not among five.
_CLASSES_FOR_TOP_5 = 6


def evaluate_tags(
    model: ClassificationModel,
    samples: Sequence[Sample],
    classes: ClassList,
    *,
    batch_size: int,
    before_batch: Callable[[], None],
) -> ModelEvaluation:
    """Return how often the first answers are right, the figures of each class, and the worst images.

    A model whose classes exclude each other says its first answer, and images without a tag tell nothing about it.
    Others say every class of at least the suggested confidence. At a threshold, each keeps what it is so sure of: the
    first answer, or every class.
    """
    # What was never tagged can still be said, and is wrong.
    names = [*classes.there, *classes.not_looked_for]
    place = {name: index for index, name in enumerate(names)}
    is_exclusive = model.spec.postprocessing.activation != "sigmoid"
    measured = [sample for sample in samples if sample.tags or not is_exclusive]
    tally, answers = TagTally(len(names)), TagAnswers(len(names))
    worst: list[WorstImage] = []
    for sample, tags in tags_of(model, measured, batch_size=batch_size, before_batch=before_batch):
        ranked = [place[tag.class_name] for tag in tags]
        enough = model.spec.postprocessing.confidence
        said = ranked[:1] if is_exclusive else [place[tag.class_name] for tag in tags if tag.confidence >= enough]
        tally.add(sample.tags, ranked, said)
        sure = [(place[tag.class_name], tag.confidence) for tag in tags]
        answers.add(sample.tags, sure[:1] if is_exclusive else sure)
        if set(said) != set(sample.tags):
            worst.append(_mistake(sample, tags, said, names))
    present = [index for index in range(len(names)) if tally.counts[index].any()]
    metrics = {"top_1": tally.top_1 / max(tally.images, 1)}
    if len(names) >= _CLASSES_FOR_TOP_5:
        metrics["top_5"] = tally.top_5 / max(tally.images, 1)
    metrics["macro_f1"] = sum(tally.f1(index) for index in present) / max(len(present), 1)
    metrics |= {f"precision/{names[index]}": tally.precision(index) for index in present}
    metrics |= {f"recall/{names[index]}": tally.recall(index) for index in present}
    judged = answers.judged()
    skipped = len(samples) - len(measured)
    return ModelEvaluation(
        task=model.spec.task,
        images=tally.images,
        metrics=metrics,
        classes=[_of_class(tally, judged[index], index, name) for index, name in enumerate(names)],
        best_of_tags=best_threshold(together(judged)),
        tags_at_confidences=threshold_curve(together(judged)),
        confusion=_confusion(tally, names),
        worst_images=sorted(worst, key=lambda each: (each.score, each.image_id))[:WORST_IMAGES],
        remarks=[f"Images without a tag, which tell nothing: {skipped}."] if skipped else [],
    )


def _mistake(sample: Sample, tags: Tags, said: Sequence[int], names: Sequence[str]) -> WorstImage:
    confidences = {tag.class_name: tag.confidence for tag in tags}
    true_names = [names[index] for index in sample.tags]
    wrong = [names[index] for index in said if index not in sample.tags]
    missed = [name for name, index in zip(true_names, sample.tags, strict=True) if index not in said]
    pairs = min(len(missed), len(wrong))
    # How sure it was of what is so; where nothing is, how sure that nothing is.
    sure_of_truth = min((confidences.get(name, 0.0) for name in true_names), default=1 - max(confidences.values()))
    return WorstImage(
        image_id=sample.image_id,
        score=sure_of_truth,
        missed=len(missed) - pairs,
        false_alarms=len(wrong) - pairs,
        wrong_class=pairs,
        why=f"{', '.join(true_names) or _NOTHING} called {', '.join(names[index] for index in said) or _NOTHING}",
    )


def _of_class(tally: TagTally, judged: Judged, index: int, name: str) -> ClassEvaluation:
    there = int(tally.counts[index].sum())
    return ClassEvaluation(
        class_name=name,
        images=there,
        objects=there,
        precision=tally.precision(index) if tally.counts[:, index].any() else None,
        recall=tally.recall(index) if there else None,
        f1=tally.f1(index) if there else None,
        tags=FoundFigures(best=best_threshold(judged), at_confidences=threshold_curve(judged)),
    )


def _confusion(tally: TagTally, names: Sequence[str]) -> ConfusionMatrix:
    counts = tally.counts
    has_nothing = bool(counts[-1].any() or counts[:, -1].any())
    end = None if has_nothing else -1
    return ConfusionMatrix(
        unit="images",
        names=[*names, _NOTHING] if has_nothing else list(names),
        counts=counts[:end, :end].tolist(),
    )
