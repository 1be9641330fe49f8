"""A process behind the door whose annotator needs no torch and does to itself what its images say."""

import os
import signal
import sys
import time
from collections.abc import Sequence

import numpy as np

from pictograph_server.engines.annotators.base import Box, Capability, Detection, Exemplars, RgbImage
from pictograph_server.engines.errors import EngineError, EngineUnavailable

# What an image says by its first pixel; the second pixel's red counts tenths of a second.
FINE, SLOW, CRASHES, FAILS, REFUSED = range(5)


def picture(says: int = FINE, *, tenths: int = 0) -> RgbImage:
    image = np.zeros((4, 6, 3), np.uint8)
    image[0, 0], image[0, 1] = says, tenths
    return image


class StandIn:
    device = "none"
    capabilities = frozenset(Capability)

    def __init__(self, choice: str) -> None:
        self.name = f"stand-in@{choice}"

    def check_prompts(self, prompts: Sequence[str]) -> None:
        if "zebra" in prompts:
            raise EngineError("zebra is unknown")

    def text(
        self, images: Sequence[RgbImage], prompts: Sequence[str], *, threshold: float, max_detections: int = 100
    ) -> list[list[Detection]]:
        return [[Detection(prompts[0], look(image) / 10, (0, 0, 6, 4))] for image in images]

    def exemplars(
        self, images: Sequence[RgbImage], alike: Exemplars, *, threshold: float, max_detections: int = 100
    ) -> list[list[Detection]]:
        return self.text(images, ["visual"], threshold=threshold)

    def box(
        self, image: RgbImage, boxes_xyxy: Sequence[Box], *, is_positive: Sequence[bool], threshold: float
    ) -> list[Detection]:
        return self.text([image], ["object"], threshold=threshold)[0]

    def points(
        self, image: RgbImage, points_xy: Sequence[tuple[float, float]], *, is_positive: Sequence[bool]
    ) -> Detection | None:
        return None


def look(image: RgbImage) -> int:
    says, tenths = int(image[0, 0, 0]), int(image[0, 1, 0])
    match says:
        case 1:
            time.sleep(tenths / 10)
        case 2:
            os.kill(os.getpid(), signal.SIGSEGV)
        case 3:
            raise RuntimeError("a matrix has no inverse")
        case 4:
            raise EngineError("The image is refused", why="it says so", fix="Take another")
        case _:
            pass
    return tenths


def open_stand_in(choice: str, device: str | None) -> StandIn:
    if choice == "slow to load":
        time.sleep(1)
    if choice == "crashes":
        os.kill(os.getpid(), signal.SIGKILL)
    if choice == "missing":
        raise EngineUnavailable("There is no such annotator", why="it is missing", fix="Name another")
    return StandIn(choice)


if __name__ == "__main__":
    import socket

    from pictograph_server.executors.annotator_main import die_with
    from pictograph_server.executors.annotator_serve import serve

    parent, door, choice, device = sys.argv[1:5]
    if choice == "cannot start":
        sys.exit(7)
    die_with(int(parent))
    state = os.dup(1)
    serve(
        socket.socket(fileno=int(door)),
        device or None,
        choice,
        on_ready=lambda: os.write(state, b"ready"),
        opener=open_stand_in,
    )
