"""Scenes of a second generator, for measuring only: other drawings, other places, other faults of the camera.

Nothing here was trained on, and nothing is shared with the training's generator but the names of the classes: signs
are turned in space and seen through a pinhole, behind them are painted hills, walls, patterns and city lights, beside
them things that only look like signs. Who does well on the training's scenes and badly here has learned the generator.
"""

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter
from tools.tiny_sam3.scenes import Mask, Scene, SceneObject
from tools.tiny_sam3.unfamiliar_signs import DRAWERS, SIDE, STRANGERS, draw_unfamiliar_sign

SIZES = (0.12, 0.4)  # a sign's height as a share of the picture's
SMALL_SIZES = (0.05, 0.1)
LEAST_VISIBLE = 0.35  # of a sign's area; less is not told, and not hidden further

Floats = NDArray[np.float32]


def draw_unfamiliar_scene(
    rng: np.random.Generator, size_wh: tuple[int, int] = (640, 480), sizes: tuple[float, float] = SIZES
) -> Scene:
    """Return a scene with one to four signs, and up to three things that are none of the classes."""
    places: tuple[Callable[[np.random.Generator, tuple[int, int]], Image.Image], ...] = (
        _hills,
        _wall,
        _pattern,
        _city_lights,
    )
    image = places[int(rng.integers(len(places)))](rng, size_wh)
    names = [str(rng.choice(list(DRAWERS))) for _ in range(int(rng.integers(1, 5)))]
    names += [str(rng.choice(list(STRANGERS))) for _ in range(int(rng.integers(0, 4)))]
    objects: list[SceneObject] = []
    taken = np.zeros((size_wh[1], size_wh[0]), bool)
    for name in rng.permutation(names).tolist():
        placed = _placed(rng, name, size_wh, sizes)
        mask = np.asarray(placed.getchannel("A")) > 127
        if not mask.any() or taken[mask].any():
            continue
        image.paste(placed, (0, 0), placed)
        taken |= _around(mask)
        if name in DRAWERS:
            objects.append(SceneObject(name, mask))
    if rng.random() < 0.4:
        objects = _hidden_in_part(image, rng, objects)
    return Scene(_developed(image, rng), tuple(objects))


def _placed(rng: np.random.Generator, name: str, size_wh: tuple[int, int], sizes: tuple[float, float]) -> Image.Image:
    """Return a picture-sized transparent layer with the drawing turned in space somewhere inside."""
    height = size_wh[1]
    drawing = draw_unfamiliar_sign(name, rng)
    if rng.random() < 0.4:
        drawing = _weathered(drawing, rng)
    tall = height * float(np.exp(rng.uniform(*np.log(sizes))))
    corners = _seen_corners(rng) * tall
    low, high = corners.min(axis=0), corners.max(axis=0)
    room = np.maximum(0, np.array(size_wh) - (high - low))
    corners += -low + rng.uniform(0, 1, 2) * room
    shrink = max(1, int(SIDE / tall / 2))
    small = drawing.reduce(shrink)
    view = _homography(corners, small.size[0])
    return small.transform(size_wh, Image.Transform.PERSPECTIVE, view, Image.Resampling.BICUBIC)


def _seen_corners(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the corners of a unit square turned by yaw, pitch and roll and seen from three sides' length away."""
    yaw, pitch, roll = np.radians([rng.uniform(-40, 40), rng.uniform(-15, 15), rng.normal(0, 6)])
    turn_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    turn_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    turn_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    square = np.array([[-0.5, -0.5, 0], [0.5, -0.5, 0], [0.5, 0.5, 0], [-0.5, 0.5, 0]])
    seen = square @ (turn_z @ turn_x @ turn_y).T
    return seen[:, :2] * 3 / (3 + seen[:, 2:])


def _homography(corners: NDArray[np.float64], side: int) -> list[float]:
    """Return Pillow's eight coefficients, which lead from the picture back to the drawing."""
    rows: list[list[float]] = []
    wanted: list[float] = []
    for (x, y), (u, v) in zip(corners, ((0, 0), (side, 0), (side, side), (0, side)), strict=True):
        place = [float(x), float(y), 1.0]
        rows += [[*place, 0, 0, 0, -u * x, -u * y], [0, 0, 0, *place, -v * x, -v * y]]
        wanted += [u, v]
    return np.linalg.solve(np.array(rows), np.array(wanted)).tolist()


def _weathered(drawing: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the drawing bleached, with scratches and stains that keep to the sign."""
    alpha = drawing.getchannel("A")
    face = ImageEnhance.Color(drawing.convert("RGB")).enhance(rng.uniform(0.45, 0.85))
    grain = _clouds(rng, (SIDE, SIDE), roughness=1.2)[..., None] * rng.uniform(15, 45)
    stained = Image.fromarray(np.clip(np.asarray(face) + grain, 0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(stained)
    for _ in range(int(rng.integers(2, 9))):
        start = rng.uniform(0, SIDE, 2)
        pen.line([tuple(start), tuple(start + rng.normal(0, 60, 2))], (120, 110, 100), int(rng.integers(2, 6)))
    stained.putalpha(alpha)
    return stained


def _hidden_in_part(image: Image.Image, rng: np.random.Generator, objects: list[SceneObject]) -> list[SceneObject]:
    """Put railings or foliage in front, where every sign stays visible enough."""
    width, height = image.size
    cover = Image.new("L", image.size)
    pen = ImageDraw.Draw(cover)
    if rng.random() < 0.5:
        gap, wide = int(rng.integers(60, 140)), int(rng.integers(4, 10))
        for x in range(int(rng.integers(0, gap)), width, gap):
            pen.line([(x, 0), (x + int(rng.normal(0, 10)), height)], 255, wide)
    else:
        blobs = _clouds(rng, (width, height), roughness=1.6)
        cover = Image.fromarray(((blobs > 1.6) * 255).astype(np.uint8))
    hidden = np.asarray(cover) > 0
    if any((o.mask & ~hidden).sum() < LEAST_VISIBLE * o.mask.sum() for o in objects):
        return objects
    paint = tuple(int(value) for value in rng.integers(20, 120, 3))
    image.paste(paint, (0, 0), cover)
    return [SceneObject(o.class_name, o.mask & ~hidden) for o in objects]


def _developed(image: Image.Image, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return the picture in one of five looks, blurred now and then, through a JPEG file of middling quality."""
    look = str(rng.choice(["plain", "plain", "pastel", "hard", "dusk", "outlined"]))
    if look == "pastel":
        image = ImageEnhance.Color(image).enhance(0.55)
        image = Image.blend(image, Image.new("RGB", image.size, (255, 250, 240)), 0.2)
    elif look == "hard":
        image = ImageEnhance.Contrast(image).enhance(1.5)
    elif look == "dusk":
        image = Image.blend(image, Image.new("RGB", image.size, (30, 25, 60)), float(rng.uniform(0.35, 0.55)))
    elif look == "outlined":
        edges = image.convert("L").filter(ImageFilter.FIND_EDGES).point([0] * 61 + [255] * 195)
        image.paste((20, 20, 20), (0, 0), edges)
    if rng.random() < 0.3:
        image = image.filter(ImageFilter.BoxBlur(float(rng.uniform(0.5, 2))))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=int(rng.integers(35, 90)))
    return np.array(Image.open(file).convert("RGB"))


def _hills(rng: np.random.Generator, size_wh: tuple[int, int]) -> Image.Image:
    """Return ridges behind ridges under a clouded sky."""
    width, height = size_wh
    sky = rng.uniform((120, 140, 170), (220, 220, 240))
    image = Image.fromarray(np.clip(sky + _clouds(rng, size_wh, 1.8)[..., None] * 22, 0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    xs = np.linspace(0, width, 60)
    for ridge in range(5):
        level = height * (0.35 + 0.14 * ridge)
        waves = np.zeros_like(xs)
        for k in (1, 2, 4):
            waves += rng.uniform(4, 30) / k * np.sin(xs / width * k * rng.uniform(3, 7) + rng.uniform(0, 7))
        shade = tuple(int(value) for value in rng.uniform((40, 70, 40), (150, 150, 110)) * (1 - 0.1 * ridge))
        outline = [(float(x), float(y)) for x, y in zip(xs, level + waves, strict=True)]
        pen.polygon([*outline, (width, height), (0, height)], shade)
    return image


def _wall(rng: np.random.Generator, size_wh: tuple[int, int]) -> Image.Image:
    """Return bricks or tiles, each of its own shade."""
    width, height = size_wh
    joint = tuple(int(value) for value in rng.uniform(120, 200, 3))
    image = Image.new("RGB", size_wh, joint)
    pen = ImageDraw.Draw(image)
    long, tall = int(rng.integers(24, 90)), int(rng.integers(14, 60))
    brick = rng.uniform((90, 60, 50), (210, 170, 150))
    for row, y in enumerate(range(0, height, tall)):
        for x in range(-long + (row % 2) * long // 2, width, long):
            shade = tuple(int(value) for value in np.clip(brick * rng.uniform(0.8, 1.15), 0, 255))
            pen.rectangle((x, y, x + long - 3, y + tall - 3), shade)
    return image


def _pattern(rng: np.random.Generator, size_wh: tuple[int, int]) -> Image.Image:
    """Return stripes, dots or triangles, as on a wallpaper or an awning."""
    width, height = size_wh
    ground, figure = (tuple(int(v) for v in rng.integers(0, 256, 3)) for _ in range(2))
    image = Image.new("RGB", size_wh, ground)
    pen = ImageDraw.Draw(image)
    step, kind = int(rng.integers(24, 80)), int(rng.integers(3))
    for x in range(0, width + step, step):
        for y in range(0, height + step, step):
            if kind == 0:
                pen.rectangle((x, y, x + step // 2, y + step), figure)
            elif kind == 1:
                pen.ellipse((x, y, x + step // 2, y + step // 2), figure)
            else:
                pen.polygon([(x, y), (x + step // 2, y), (x + step // 4, y + step // 2)], figure)
    return image


def _city_lights(rng: np.random.Generator, size_wh: tuple[int, int]) -> Image.Image:
    """Return towers with lit windows and lamps out of focus, at night."""
    width, height = size_wh
    image = Image.new("RGB", size_wh, tuple(int(value) for value in rng.integers(10, 50, 3)))
    pen = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(4, 9))):
        left, wide, top = int(rng.integers(0, width)), int(rng.integers(40, 140)), int(rng.integers(0, height * 2 // 3))
        pen.rectangle((left, top, left + wide, height), tuple(int(value) for value in rng.integers(20, 80, 3)))
        for x in range(left + 6, left + wide - 8, 16):
            for y in range(top + 8, height, 20):
                if rng.random() < 0.4:
                    pen.rectangle((x, y, x + 7, y + 10), (240, 210, 130))
    for _ in range(int(rng.integers(3, 12))):
        x, y, reach = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(4, 22)
        lamp = tuple(int(value) for value in rng.integers(90, 256, 3))
        pen.ellipse((x - reach, y - reach, x + reach, y + reach), lamp)
    return image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.5, 3))))


def _clouds(rng: np.random.Generator, size_wh: tuple[int, int], roughness: float) -> Floats:
    """Return noise whose power falls with frequency, mean 0 and deviation 1, shape `(height, width)`."""
    width, height = size_wh
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    frequency[0, 0] = 1
    spectrum = (rng.normal(size=frequency.shape) + 1j * rng.normal(size=frequency.shape)) / frequency**roughness
    spectrum[0, 0] = 0
    noise = np.fft.irfft2(spectrum, (height, width))
    return (noise / noise.std()).astype(np.float32)


def _around(mask: Mask) -> Mask:
    """Return a mask's bounds, widened a little."""
    ys, xs = np.nonzero(mask)
    area = np.zeros_like(mask)
    area[max(0, ys.min() - 4) : ys.max() + 5, max(0, xs.min() - 4) : xs.max() + 5] = True
    return area
