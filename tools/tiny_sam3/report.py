"""A checkpoint's figures as tables for people, and as JSON for programs."""

import json
from collections.abc import Callable

import numpy as np
from tools.tiny_sam3.evaluate import Quality, Report
from tools.tiny_sam3.scores import HIT_IOU, Score
from tools.tiny_sam3.vocabulary import CLASS_NAMES

SCENES_OF = {
    "training": "the training's generator, other seeds",
    "demo": "the demo's generator (`examples/scenes`)",
    "unfamiliar": "a different generator, never trained on",
}
_ROWS: tuple[tuple[str, Callable[[Quality], Score]], ...] = (
    ("eight class names at once", lambda quality: quality.all_names),
    ("stop_sign and yield only, as the demo asks", lambda quality: quality.demo_names),
    ("network without its card: one phrase a class", lambda quality: quality.phrases),
    ("network without its card: another phrase for it", lambda quality: quality.synonyms),
    ("groups: traffic, blue, round sign", lambda quality: quality.groups),
    ("one exemplar box: all of its class", lambda quality: quality.exemplars),
    ("eight class names, signs 24 to 48 pixels high", lambda quality: quality.small),
)


def as_tables(report: Report) -> str:
    """Return Markdown: a table for each generator, then precision and recall by class, then what is not there."""
    return "\n\n".join(
        [*(_quality_table(name, quality) for name, quality in report.qualities.items()), _class_table(report)]
    )


def as_json(report: Report) -> str:
    figures = {
        name: {
            **{row: _figures(pick(quality)) for row, pick in _ROWS},
            "by class": {label: _figures(reached) for label, reached in quality.names.items()},
            "click": _reached(quality.clicks),
            "box": _reached(quality.boxes),
            "absent nouns": {"asked": quality.nouns_asked, "found": quality.nouns_found},
            "cpu ms an image": round(1000 * quality.text_seconds / max(1, quality.scenes)),
        }
        for name, quality in report.qualities.items()
    }
    return json.dumps({"checkpoint": report.checkpoint, "scenes": figures}, indent=1)


def _quality_table(name: str, quality: Quality) -> str:
    lines = [
        f"**{quality.scenes} scenes of {SCENES_OF[name]}**",
        "",
        "| asked with | objects | precision | recall | F1 | mean IoU of hits |",
        "|---|---|---|---|---|---|",
    ]
    for row, pick in _ROWS:
        reached = pick(quality)
        objects = reached.matches.hits + reached.matches.misses
        if objects:
            precision, recall = reached.matches.precision, reached.matches.recall
            lines.append(
                f"| {row} | {objects} | {precision:.2f} | {recall:.2f} | {reached.f1:.2f} | {reached.mean_iou:.2f} |"
            )
    for row, overlaps in (("a click in the middle", quality.clicks), ("the true box", quality.boxes)):
        if overlaps:
            share = float(np.mean(np.array(overlaps) >= HIT_IOU))
            lines.append(
                f"| {row}: the one object | {len(overlaps)} | | {share:.2f} | | all: {np.mean(overlaps):.2f} |"
            )
    lines += [
        "",
        f"Of {quality.nouns_asked} questions for nouns that are not there, asked without the card, "
        f"{quality.nouns_found} were answered with an object; with the card they are refused. "
        f"Eight prompts took {1000 * quality.text_seconds / max(1, quality.scenes):.0f} ms of one core an image.",
    ]
    return "\n".join(lines)


def _class_table(report: Report) -> str:
    heads = " | ".join(report.qualities)
    lines = [
        "**By class** (eight class names at once; precision / recall, number of objects)",
        "",
        f"| class | {heads} |",
        "|---" * (len(report.qualities) + 1) + "|",
    ]
    for name in CLASS_NAMES:
        cells = [_class_cell(quality.names[name]) for quality in report.qualities.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _class_cell(reached: Score) -> str:
    matches = reached.matches
    objects = matches.hits + matches.misses
    if not objects:
        return f"none there, {matches.false_alarms} found"
    return f"{matches.precision:.2f} / {matches.recall:.2f} ({objects})"


def _figures(reached: Score) -> dict[str, float]:
    return {
        "objects": reached.matches.hits + reached.matches.misses,
        "precision": round(reached.matches.precision, 3),
        "recall": round(reached.matches.recall, 3),
        "f1": round(reached.f1, 3),
        "mean_iou": round(reached.mean_iou, 3),
    }


def _reached(overlaps: list[float]) -> dict[str, float]:
    if not overlaps:
        return {"objects": 0}
    return {
        "objects": len(overlaps),
        "hit": round(float(np.mean(np.array(overlaps) >= HIT_IOU)), 3),
        "mean_iou": round(float(np.mean(overlaps)), 3),
    }
