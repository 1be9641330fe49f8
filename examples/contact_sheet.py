"""A sheet of pictures with boxes drawn on them: labels in the upper half, a model's findings in the lower."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

COLUMNS = 4
TILE_WH = (480, 360)
GAP = 14
TITLE_HEIGHT = 46
SUPERSAMPLE = 2  # drawn at twice the size, so that lines come out smooth
PAPER, INK, FAINT = (250, 250, 248), (28, 28, 30), (120, 120, 124)
COLOURS = ((0, 200, 255), (255, 214, 10), (190, 120, 255), (80, 230, 120))


@dataclass(frozen=True)
class DrawnBox:
    class_name: str
    box_xywh: tuple[float, float, float, float]
    confidence: float


@dataclass(frozen=True)
class Tile:
    file: Path
    boxes: Sequence[DrawnBox]


@dataclass(frozen=True)
class Section:
    title: str
    subtitle: str
    tiles: Sequence[Tile]


def draw_contact_sheet(path: Path, sections: Sequence[Section], class_names: Sequence[str]) -> None:
    """Write the sheet as a PNG of few colours, small enough for a README."""
    rows = [-(-len(section.tiles) // COLUMNS) for section in sections]
    width = COLUMNS * TILE_WH[0] + (COLUMNS + 1) * GAP
    height = sum(TITLE_HEIGHT + GAP + count * (TILE_WH[1] + GAP) for count in rows) + GAP
    sheet = Image.new("RGB", (width, height), PAPER)
    pen = ImageDraw.Draw(sheet)
    top = GAP
    for section, count in zip(sections, rows, strict=True):
        _title(pen, section, top)
        top += TITLE_HEIGHT + GAP
        for number, tile in enumerate(section.tiles):
            row, column = divmod(number, COLUMNS)
            x, y = GAP + column * (TILE_WH[0] + GAP), top + row * (TILE_WH[1] + GAP)
            sheet.paste(_draw_tile(tile, class_names), (x, y))
        top += count * (TILE_WH[1] + GAP)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def save_small_png(sheet: Path, small: Path, *, width: int = 1200, colours: int = 128) -> None:
    """Write a smaller copy with a palette: a tenth of the bytes, and hardly to be told from the original."""
    with Image.open(sheet) as image:
        resized = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
    small.parent.mkdir(parents=True, exist_ok=True)
    resized.quantize(colours, dither=Image.Dither.NONE).save(small, optimize=True)


def _title(pen: ImageDraw.ImageDraw, section: Section, top: int) -> None:
    title_font, subtitle_font = _font(26), _font(20)
    pen.text((GAP, top + TITLE_HEIGHT / 2), section.title, INK, title_font, anchor="lm")
    left = GAP * 2 + pen.textlength(section.title, title_font)
    pen.text((left, top + TITLE_HEIGHT / 2 + 3), section.subtitle, FAINT, subtitle_font, anchor="lm")


def _draw_tile(tile: Tile, class_names: Sequence[str]) -> Image.Image:
    with Image.open(tile.file) as image:
        original_wh = image.size
        canvas = image.convert("RGB").resize(
            (TILE_WH[0] * SUPERSAMPLE, TILE_WH[1] * SUPERSAMPLE), Image.Resampling.LANCZOS
        )
    pen = ImageDraw.Draw(canvas)
    scale_x, scale_y = canvas.width / original_wh[0], canvas.height / original_wh[1]
    font = _font(17 * SUPERSAMPLE)
    for box in sorted(tile.boxes, key=lambda b: b.confidence):
        x, y, w, h = box.box_xywh
        corners = (x * scale_x, y * scale_y, (x + w) * scale_x, (y + h) * scale_y)
        _draw_box(pen, corners, f"{box.class_name} {box.confidence:.2f}", _colour(box.class_name, class_names), font)
    return canvas.resize(TILE_WH, Image.Resampling.LANCZOS)


def _draw_box(
    pen: ImageDraw.ImageDraw,
    corners: tuple[float, float, float, float],
    text: str,
    colour: tuple[int, int, int],
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    left, top, right, bottom = corners
    line = 3 * SUPERSAMPLE
    pen.rectangle((left - line, top - line, right + line, bottom + line), outline=INK, width=line + SUPERSAMPLE)
    pen.rectangle((left - line, top - line, right + line, bottom + line), outline=colour, width=line)
    tag_height, pad = 24 * SUPERSAMPLE, 6 * SUPERSAMPLE
    tag_width = pen.textlength(text, font) + 2 * pad
    canvas_width = TILE_WH[0] * SUPERSAMPLE
    tag_left = min(max(left - line, 0), canvas_width - tag_width)
    tag_top = top - line - tag_height if top - line - tag_height >= 0 else bottom + line
    pen.rectangle((tag_left, tag_top, tag_left + tag_width, tag_top + tag_height), fill=colour)
    pen.text((tag_left + pad, tag_top + tag_height / 2), text, INK, font, anchor="lm")


def _colour(class_name: str, class_names: Sequence[str]) -> tuple[int, int, int]:
    return COLOURS[list(class_names).index(class_name) % len(COLOURS)]


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
