"""What a save does to an image's status (R5, trap 17)."""

from typing import Literal

from pictograph.models.image import ImageStatus

SetBy = Literal["person", "job"]
StatusChange = tuple[ImageStatus, str | None]

_DECIDED = ("review", "complete")


def after_save(
    status: ImageStatus,
    set_by: str | None,
    *,
    count: int,
    is_machine_work: bool,
    review_required: bool,
    in_progress: bool = False,
) -> StatusChange:
    """Return status and who set it after somebody saved `count` annotations with an API key.

    An empty save is that person's word that the image is open again. `is_machine_work`: every annotation is an
    engine's and untouched, as when a client saves what a prompt answered; then a dataset that wants reviews gets one.
    `in_progress`: an editor saves every few seconds, and says itself when the image is done.
    """
    if in_progress:
        return (status, set_by) if status in _DECIDED else ("annotate", "person")
    if count == 0:
        return "new", None
    if status in _DECIDED:
        return status, set_by
    if is_machine_work:
        return "review" if review_required else "complete", "job"
    return "complete", "person"


def after_job(status: ImageStatus, set_by: str | None, *, review: bool) -> StatusChange:
    """Return status and who set it after a batch job; with no finding the image is a valid negative all the same."""
    if status in _DECIDED and set_by == "person":
        return status, set_by
    return "review" if review else "complete", "job"
