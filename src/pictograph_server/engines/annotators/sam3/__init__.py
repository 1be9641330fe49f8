"""SAM 3: every instance of a phrase or of what is like some boxes, and the one object under clicks or in a box.

Source: Carion et al. 2025, SAM 3: Segment Anything with Concepts, https://arxiv.org/abs/2511.16719
"""

from pathlib import Path
from typing import TYPE_CHECKING

from pictograph_server.engines.annotators.base import AnnotatorSpec
from pictograph_server.engines.annotators.card import read_card
from pictograph_server.engines.annotators.checkpoints.weights import SAM3, TINY_FOLDER, locate
from pictograph_server.engines.annotators.devices import (
    batch_sizes,
    best_dtype,
    limit_threads,
    open_device,
    remembered_bytes,
)
from pictograph_server.engines.annotators.loading import load_network
from pictograph_server.engines.annotators.packages import check_packages

if TYPE_CHECKING:
    from pictograph_server.engines.annotators.sam3.annotator import Sam3Annotator


def load(
    checkpoint: str | None, device: str | None, *, why_narrow: str | None = None, compile_vision: bool = False
) -> "Sam3Annotator":
    """Open a checkpoint: a folder, a hub id, or None for `facebook/sam3`; on the best device unless one is named.

    Args:
        why_narrow: why a checkpoint with a card is used instead of SAM 3 itself; part of what it says when refusing.
        compile_vision: compile the vision encoder: a minute for the first image, then a little faster.
    Raises:
        EngineUnavailable: packages or weights are missing, or no access to them, or no such device.
    """
    source = checkpoint or SAM3
    folder = locate(source)
    card = read_card(folder)
    check_packages("sam3", purpose="SAM 3")
    from pictograph_server.engines.annotators.sam3.annotator import Sam3Annotator
    from pictograph_server.engines.annotators.sam3.network import Sam3Network

    place = open_device(device)
    limit_threads(place, folder)
    dtype = best_dtype(place, folder)
    network = load_network("SAM 3", source, lambda: Sam3Network(folder, place, dtype, compile_vision=compile_vision))
    images, prompts = batch_sizes(place, folder)
    return Sam3Annotator(
        network,
        checkpoint=card.name if card else source if folder != Path(source).expanduser() else folder.resolve().name,
        card=card,
        why_narrow=why_narrow,
        images_at_once=images,
        prompts_at_once=prompts,
        remembered_bytes=remembered_bytes(place),
    )


def load_tiny(checkpoint: str | None, device: str | None) -> "Sam3Annotator":
    """Open the packaged checkpoint, which knows drawn road signs only."""
    return load(checkpoint or str(TINY_FOLDER), device)


ANNOTATORS = (
    AnnotatorSpec(name="sam3", load=load, extra="sam3"),
    AnnotatorSpec(name="tiny", load=load_tiny, extra="sam3"),
)
