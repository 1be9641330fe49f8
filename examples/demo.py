"""The demo: folder → labels → trained detector, on this machine, with the honest numbers at the end.

`make demo` runs it. Everything it makes lies in `demo-output/`; run it again and it goes on where it stopped. It ends
with 1 when a number misses its bar.
"""

import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from examples.contact_sheet import DrawnBox, Section, Tile, draw_contact_sheet, save_small_png
from examples.local_server import LocalServer, local_server
from examples.measure import fetch_labels, measure_labels, measure_model, predict_folder
from examples.scenes.folder import WANTED, TrueObject, draw_folder

from pictograph import Client
from pictograph.inference import Detection, DetectionModel, load_model
from pictograph.models.annotation import Annotation, BBoxAnnotation
from pictograph.models.training import TrainingRun

OUTPUT = Path("demo-output")
EXAMPLE = Path(__file__).with_name("road_signs.py")
DATASET = "road-signs"  # the name in road_signs.py
SCENES, SCENES_SEED = 150, 1
UNSEEN, UNSEEN_SEED = 40, 2
PRECISION_BAR, RECALL_BAR, MAP_50_BAR = 0.8, 0.7, 0.8
SHOWN = 8  # pictures of each kind on the contact sheet
SHOWN_CONFIDENCE = 0.5


def main() -> int:
    started = time.perf_counter()
    with _stage(f"Draw {SCENES} scenes to learn from and {UNSEEN} of another seed to be tested on"):
        truth = draw_folder(OUTPUT / "road_signs", OUTPUT / "road_signs.json", scenes=SCENES, seed=SCENES_SEED)
        unseen = draw_folder(OUTPUT / "unseen", OUTPUT / "unseen.json", scenes=UNSEEN, seed=UNSEEN_SEED)
        _say(f"{_count(truth)} signs to find in {OUTPUT}/road_signs, {_count(unseen)} in {OUTPUT}/unseen")

    # The tiny SAM 3 of the package: the demo needs no network, no GPU, and no licence to accept.
    with local_server(OUTPUT / "data", settings={"PICTOGRAPH_ANNOTATOR": "tiny"}) as server:
        _say(f"pictograph up answers at {server.base_url} after {server.seconds_to_answer:.1f} s", indent="")
        with Client(server.api_key, base_url=server.base_url) as client:
            before, previous = _look(client), _last_run(client)
            with _stage("Run examples/road_signs.py: upload, label with SAM 3, train YOLOX"):
                succeeded = _run_example(server)
                run = _last_run(client)
                _tell_stages(before, _look(client), run)
            if not succeeded or run is None or run.model_id is None or run == previous:
                _say(f"The example did not end with a model; see above and {server.log_file}", indent="")
                return 1
            with _stage("Measure"):
                model_file = client.models.download(run.model_id, OUTPUT / "model.onnx")
                labels = fetch_labels(client, DATASET)
                passed = _report(labels, truth, model_file, unseen)
    _say(f"Everything took {time.perf_counter() - started:.0f} s", indent="")
    return 0 if passed else 1


def _run_example(server: LocalServer) -> bool:
    """Run the example as a user does: a program of its own that knows an address and a key."""
    done = subprocess.run([sys.executable, EXAMPLE, OUTPUT / "road_signs"], env=server.client_environment, check=False)
    return done.returncode == 0


@dataclass(frozen=True)
class _Look:
    """How the dataset stands, seen through the API."""

    at: datetime
    images: int
    annotated: int
    annotations: int
    credits: int
    last_image_at: datetime | None
    last_export_at: datetime | None


def _look(client: Client) -> _Look:
    credits = client.credits.balance().credits_remaining
    now = datetime.now().astimezone()
    if not any(project.name == DATASET for project in client.projects.iter()):
        return _Look(now, 0, 0, 0, credits, None, None)
    images = client.datasets.get(DATASET, include_images=True, images_limit=10_000).images or []
    exports = client.exports.list(dataset_name=DATASET, limit=1)
    return _Look(
        now,
        len(images),
        sum(image.annotation_count > 0 for image in images),
        sum(image.annotation_count for image in images),
        credits,
        max((image.created_at for image in images), default=None),
        exports[0].created_at if exports else None,
    )


def _last_run(client: Client) -> TrainingRun | None:
    runs = client.training.list(dataset_name=DATASET, limit=1)
    return runs[0] if runs else None


def _tell_stages(before: _Look, after: _Look, run: TrainingRun | None) -> None:
    """Say what each part of the call did. The times are the server's: when the last image came, the export, the end."""
    uploaded_at = after.last_image_at if after.images > before.images else before.at
    exported_at = after.last_export_at if after.last_export_at != before.last_export_at else None
    _say(
        f"upload    {after.images - before.images} images uploaded, {before.images} were there already"
        + _seconds(before.at, uploaded_at)
    )
    _say(
        f"label     {after.annotations - before.annotations} boxes in {after.annotated - before.annotated} images"
        f" added, {before.annotated} were labelled already" + _seconds(uploaded_at, exported_at)
    )
    if run is None:
        _say("train     did not start")
        return
    epochs = f"{run.current_epoch} epochs" if run.current_epoch else run.status
    device = f" on {run.device}" if run.device else ""
    _say(f"train     {run.pipeline_type}, {epochs}{device}: {run.status}" + _seconds(exported_at, run.completed_at))
    _say(f"          {before.credits - after.credits} credits spent, {after.credits} left")


def _report(
    labels: Mapping[str, Sequence[Annotation]],
    truth: Mapping[str, Sequence[TrueObject]],
    model_file: Path,
    unseen: Mapping[str, Sequence[TrueObject]],
) -> bool:
    """Print the numbers, draw the sheet, and return whether the bars are reached."""
    quality = measure_labels(labels, truth, WANTED)
    model = load_model(model_file)
    assert isinstance(model, DetectionModel)
    found = predict_folder(model, OUTPUT / "unseen", sorted(unseen))
    metrics = measure_model(found, unseen, WANTED)

    _say(f"labels made by SAM 3 (tiny), against the truth of {len(truth)} scenes, IoU 0.5")
    for each in [*quality.classes, quality.total]:
        _say(
            f"  {each.class_name:<12} precision {each.precision or 0:.3f}   recall {each.recall or 0:.3f}"
            f"   {each.matched} right, {each.extra} wrong, {each.missed} missing"
        )
    _say(f"model trained on those labels, on {len(unseen)} scenes it never saw")
    for name in WANTED:
        _say(f"  {name:<12} AP@50 {metrics.ap_50.get(name, 0):.3f}   AP@50:95 {metrics.ap_50_95.get(name, 0):.3f}")
    _say(f"  {'all':<12} mAP@50 {metrics.map_50:.3f}  mAP@50:95 {metrics.map_50_95:.3f}")

    sheet = OUTPUT / "contact-sheet.png"
    _draw_sheet(sheet, labels, found, len(truth), metrics.map_50)
    _say(f"wrote {sheet} and {model_file} ({model_file.stat().st_size / 1e6:.1f} MB)")

    bars = (
        ("label precision", quality.total.precision or 0, PRECISION_BAR),
        ("label recall", quality.total.recall or 0, RECALL_BAR),
        ("model mAP@50", metrics.map_50, MAP_50_BAR),
    )
    for name, value, bar in bars:
        _say(f"{'reached' if value >= bar else 'MISSED '}  {name} {value:.3f} (bar {bar})")
    return all(value >= bar for _, value, bar in bars)


def _draw_sheet(
    path: Path,
    labels: Mapping[str, Sequence[Annotation]],
    found: Mapping[str, Sequence[Detection]],
    scenes: int,
    map_50: float,
) -> None:
    labelled = [
        Tile(OUTPUT / "road_signs" / name, [_label_box(a) for a in labels[name] if isinstance(a, BBoxAnnotation)])
        for name in _spread(labels)
    ]
    predicted = [
        Tile(OUTPUT / "unseen" / name, [_found_box(d) for d in found[name] if d.confidence >= SHOWN_CONFIDENCE])
        for name in _spread(found)
    ]
    sections = (
        Section("Labels", f"SAM 3 was asked for “stop sign” and “yield” in {scenes} images", labelled),
        Section(
            "Predictions",
            f"the YOLOX model trained on those labels, in scenes it never saw: mAP@50 {map_50:.2f}",
            predicted,
        ),
    )
    draw_contact_sheet(path, sections, WANTED)
    save_small_png(path, path.with_stem(f"{path.stem}-small"))


def _spread(names: Mapping[str, object]) -> list[str]:
    """Return some names at even distances, so that every sub-folder shows; not chosen by how well they came out."""
    ordered = sorted(names)
    count = min(SHOWN, len(ordered))
    return [ordered[int((number + 0.5) * len(ordered) / count)] for number in range(count)]


def _label_box(annotation: BBoxAnnotation) -> DrawnBox:
    box = annotation.bounding_box
    return DrawnBox(annotation.name, (box.x, box.y, box.w, box.h), annotation.confidence)


def _found_box(detection: Detection) -> DrawnBox:
    box = detection.box
    return DrawnBox(detection.class_name, (box.x, box.y, box.w, box.h), detection.confidence)


@contextmanager
def _stage(what: str) -> Generator[None]:
    _say(what, indent="")
    started = time.perf_counter()
    yield
    _say(f"({time.perf_counter() - started:.1f} s)")


def _seconds(start: datetime | None, end: datetime | None) -> str:
    return f"  ({max(0.0, (end - start).total_seconds()):.1f} s)" if start and end else ""


def _count(truth: Mapping[str, Sequence[TrueObject]]) -> int:
    return sum(len(objects) for objects in truth.values())


def _say(text: str, *, indent: str = "  ") -> None:
    print(indent + text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
