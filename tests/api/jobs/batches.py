"""Batches for tests: a small annotator that finds what a test tells it to, and what came of a batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from tests.api.jobs.workplace import Workplace

from pictograph.geometry.cropped_mask import CroppedMask
from pictograph_server.engines.annotators.base import Capability, Detection, Exemplars, RgbImage
from pictograph_server.engines.errors import UnknownClasses
from pictograph_server.storage.db.tables import annotations, batch_images, batch_jobs, images

STOP = {"name": "stop_sign", "output_type": "bbox"}
YIELD = {"name": "yield", "output_type": "polygon"}


class DarkAnnotator:
    """Finds the whole image for the prompt "stop sign", and a ring for "yield"; knows nothing else."""

    name = "sam3@test"
    device = "cpu"
    capabilities = frozenset({Capability.TEXT, Capability.EXEMPLAR})

    def __init__(self) -> None:
        self.images_seen = 0
        # Widths of images the network chokes on.
        self.chokes_on: set[int] = set()
        # … and of those it crashes on, and its process with it.
        self.dies_of: set[int] = set()
        self.alike: list[Exemplars] = []

    def check_prompts(self, prompts: Sequence[str]) -> None:
        if unknown := [prompt for prompt in prompts if prompt not in ("stop sign", "yield")]:
            raise UnknownClasses(f"unknown: {', '.join(unknown)}", why="it knows stop sign, yield", fix="Use SAM 3")

    def text(
        self, images: Sequence[RgbImage], prompts: Sequence[str], *, threshold: float, max_detections: int = 100
    ) -> list[list[Detection]]:
        if any(image.shape[1] in self.chokes_on for image in images):
            raise RuntimeError("out of memory")
        if any(image.shape[1] in self.dies_of for image in images):
            raise SystemExit("a native library crashed")
        self.images_seen += len(images)
        return [[_found(prompt, image) for prompt in prompts] for image in images]

    def exemplars(
        self, images: Sequence[RgbImage], alike: Exemplars, *, threshold: float, max_detections: int = 100
    ) -> list[list[Detection]]:
        self.alike.append(alike)
        return [[_found(alike.phrase or "visual", image)] for image in images]

    def box(self, image: RgbImage, boxes_xyxy: object, *, is_positive: object, threshold: float) -> list[Detection]:
        return []

    def points(self, image: RgbImage, points_xy: object, *, is_positive: object) -> Detection | None:
        return None


def start(work: Workplace, names: Sequence[str] = (), status: int = 200, **body: object) -> Mapping[str, object]:
    """Ask for a batch on the dataset "signs" and return the answer."""
    request = {"dataset_name": "signs", "image_filenames": list(names), "classes": [STOP], **body}
    response = work.post("/auto-annotate/batch", request)
    assert response.status_code == status, response.text
    return response.json()


def job_of(work: Workplace, batch: Mapping[str, object]) -> Mapping[str, object]:
    return work.get(f"/auto-annotate/batch/{batch['job_id']}").json()


@dataclass(frozen=True)
class Outcome:
    """All that a batch has left behind, without ids and times: to be compared with that of another run."""

    # (file name, state in the batch, reason, status, version, annotations)
    images: list[tuple[object, ...]]
    # status, total, processed, failed, annotations
    counters: tuple[object, ...]
    held_and_spent: tuple[int, int]


def outcome_of(work: Workplace, batch: Mapping[str, object]) -> Outcome:
    with work.platform.db.read() as conn:
        found = conn.execute(
            select(images, batch_images.c.state, batch_images.c.reason, annotations.c.document)
            .join(batch_images, batch_images.c.image_id == images.c.id)
            .join(annotations, annotations.c.image_id == images.c.id, isouter=True)
            .where(batch_images.c.batch_id == batch["job_id"])
            .order_by(images.c.filename)
        ).all()
        row = conn.execute(select(batch_jobs).where(batch_jobs.c.id == batch["job_id"])).one()
    return Outcome(
        [
            (image.filename, image.state, image.reason, image.status, image.annotation_version, _shapes(image.document))
            for image in found
        ],
        (row.status, row.total_images, row.processed_images, row.failed_images, row.annotations_added),
        work.spent(str(batch["job_id"])),
    )


def _shapes(document: Sequence[Mapping[str, object]] | None) -> list[tuple[object, ...]]:
    return [(each["name"], each["bounding_box"], each["created_by"]) for each in document or ()]


def _found(prompt: str, image: RgbImage) -> Detection:
    mask = np.zeros(image.shape[:2], dtype=bool)
    mask[4:-4, 4:-4] = True
    mask[16:24, 16:24] = prompt != "yield"
    return Detection(prompt, 0.9, (4.0, 4.0, image.shape[1] - 4.0, image.shape[0] - 4.0), CroppedMask.from_array(mask))
