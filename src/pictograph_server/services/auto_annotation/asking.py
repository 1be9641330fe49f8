"""A batch's question put to the network: group by group, and image by image where a group fails."""

from collections.abc import Sequence
from dataclasses import dataclass

from pictograph_server.engines.annotators.base import Annotator, Detection, Exemplars, RgbImage
from pictograph_server.engines.errors import EngineCrashed
from pictograph_server.errors import NotFound
from pictograph_server.executors.annotator_client import RemoteAnnotator
from pictograph_server.platform import Platform
from pictograph_server.services.auto_annotation.feed import ReadImage, read_image
from pictograph_server.services.auto_annotation.request import BatchPlan, ExemplarRef
from pictograph_server.services.auto_annotation.saving import Finding, finding_of
from pictograph_server.services.images import service as images

# Groups at the network or on their way to it: it never waits for the next one.
ASKED_AHEAD = 2
# A network that fails so often in a row is broken; the images are not.
_MAX_FAILURES_IN_A_ROW = 10


class ExemplarGone(NotFound):
    code = "exemplar_gone"


@dataclass
class Network:
    """The annotator with a batch's question; counts how often in a row it failed."""

    annotator: Annotator
    plan: BatchPlan
    alike: Exemplars | None
    failures_in_a_row: int = 0

    @property
    def questions_at_once(self) -> int:
        """Return how many threads may ask: an annotator in another process is sent a question while it answers one."""
        return ASKED_AHEAD if isinstance(self.annotator, RemoteAnnotator) else 1

    def __post_init__(self) -> None:
        if self.alike is None or self.alike.phrase is not None:
            self.annotator.check_prompts(self.plan.prompts)

    def find(self, group: Sequence[ReadImage]) -> list[Finding]:
        readable = [(read, read.pixels) for read in group if read.pixels is not None]
        found = {read.image.id: finding_of(read) for read in group if read.pixels is None}
        found |= {finding.image.id: finding for finding in self._find(readable)}
        return [found[read.image.id] for read in group]

    def _find(self, group: Sequence[tuple[ReadImage, RgbImage]]) -> list[Finding]:
        if not group:
            return []
        try:
            answers = self._ask([pixels for _, pixels in group])
        # Out of memory, or an image the network chokes on or its process dies of: alone, the others go through and the
        # one has its reason.
        except (EngineCrashed, RuntimeError, MemoryError, ValueError, ArithmeticError) as error:
            if len(group) > 1:
                return [finding for one in group for finding in self._find([one])]
            self.failures_in_a_row += 1
            read, _ = group[0]
            reason = f"{read.image.filename!r}: the model failed: {error}"
            if self.failures_in_a_row >= _MAX_FAILURES_IN_A_ROW:
                words = f"the annotator failed on {self.failures_in_a_row} images in a row, last on {reason}"
                raise RuntimeError(words) from error
            return [finding_of(read, reason=reason)]
        self.failures_in_a_row = 0
        return [finding_of(read, detections) for (read, _), detections in zip(group, answers, strict=True)]

    def _ask(self, pixels: Sequence[RgbImage]) -> list[list[Detection]]:
        plan, annotator = self.plan, self.annotator
        if self.alike is not None:
            return annotator.exemplars(
                pixels, self.alike, threshold=plan.asked_threshold, max_detections=plan.asked_detections
            )
        return annotator.text(
            pixels, plan.prompts, threshold=plan.asked_threshold, max_detections=plan.asked_detections
        )


def exemplars_of(platform: Platform, organization_id: str, wanted: ExemplarRef | None) -> Exemplars | None:
    if wanted is None:
        return None
    fix = "Ask again with boxes on an image that is there"
    try:
        with platform.db.read() as conn:
            image = images.get(conn, organization_id, wanted.image_id)
    except NotFound as error:
        raise ExemplarGone("The image with the exemplars was deleted", why=error.message, fix=fix) from None
    read = read_image(platform, 0, image)
    if read.pixels is None:
        raise ExemplarGone("The image with the exemplars cannot be read", why=read.reason, fix=fix)
    return Exemplars(read.pixels, wanted.boxes_xyxy, wanted.is_positive, wanted.phrase)
