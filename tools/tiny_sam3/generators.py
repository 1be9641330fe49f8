"""The scenes a checkpoint is measured on: of the training's generator, of the demo's, and of a different one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from examples.scenes import scene as demo_scene
from examples.scenes.folder import OTHERS, SHELVES, WANTED
from tools.tiny_sam3 import scenes, unfamiliar
from tools.tiny_sam3.scenes import Scene, SceneObject

SEED = 90_001  # far from the seeds of builds
SIZE_WH = (640, 480)


@dataclass(frozen=True)
class Generator:
    """`draw_small`, where there is one, draws signs 24 to 48 pixels high in pictures of 640 x 480."""

    name: str
    draw: Callable[[int], Scene]
    draw_small: Callable[[int], Scene] | None = None

    def scenes(self, count: int) -> Iterator[Scene]:
        return (self.draw(number) for number in range(count))

    def small_scenes(self, count: int) -> Iterator[Scene]:
        return (self.draw_small(number) for number in range(count)) if self.draw_small else iter(())


def generators() -> tuple[Generator, ...]:
    return (
        Generator("training", _familiar, lambda number: _familiar(number, scenes.SMALL_SIZES)),
        Generator("demo", _demo),
        Generator("unfamiliar", _unfamiliar, lambda number: _unfamiliar(number, unfamiliar.SMALL_SIZES)),
    )


def _familiar(number: int, sizes: tuple[float, float] = scenes.SIZES) -> Scene:
    return scenes.draw_scene(np.random.default_rng([SEED, number]), SIZE_WH, sizes)


def _unfamiliar(number: int, sizes: tuple[float, float] = unfamiliar.SIZES) -> Scene:
    return unfamiliar.draw_unfamiliar_scene(np.random.default_rng([SEED, number]), SIZE_WH, sizes)


def _demo(number: int) -> Scene:
    shelves: list[tuple[demo_scene.Place, bool]] = [
        (place, night) for _, place, night, share in SHELVES for _ in range(share)
    ]
    place, night = shelves[number % len(shelves)]
    rng = np.random.default_rng([SEED, number])
    drawn = demo_scene.draw_scene(rng, place=place, night=night, wanted=WANTED, others=OTHERS)
    return Scene(drawn.image, tuple(SceneObject(sign.class_name, sign.visible) for sign in drawn.signs))
