"""An annotator of the server: what it can be asked with, and whether it can be used there."""

from typing import Literal

from pictograph.models.common import WireModel

PromptKind = Literal["text", "exemplar", "box", "point", "tag"]


class Annotator(WireModel):
    """What labels images. `name` is what requests name it by (`annotator=`)."""

    name: str
    title: str
    # Its networks: hub ids.
    checkpoint: str
    capabilities: list[PromptKind]
    license: str
    is_available: bool
    # The weights are on the server; else the first use fetches `download_bytes`.
    is_here: bool
    download_bytes: int
    # The server's own choice, for requests that name none.
    is_default: bool
    why_not: str | None = None
    fix: str | None = None
