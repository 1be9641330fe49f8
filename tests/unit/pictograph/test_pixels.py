"""One way to open images: every kind comes out upright, RGB, 8 bits; what cannot is one kind of error."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from tests.factories import (
    ORIENTATION_TAG,
    animated_gif,
    bomb_png,
    cmyk_jpeg,
    encoded,
    heic,
    jpeg,
    palette_png,
    picture,
    png_16_bit,
)

from pictograph.image_header import display_size
from pictograph.pixels import UnreadableImage, decode_rgb, read_rgb


@pytest.mark.parametrize(
    "data",
    [jpeg(), cmyk_jpeg(), png_16_bit(), palette_png(), animated_gif(), heic(), encoded(picture(), "WEBP")],
    ids=["jpeg", "cmyk", "png16", "palette", "gif", "heic", "webp"],
)
def test_read_rgb__every_kind_of_file(data: bytes) -> None:
    pixels = read_rgb(data)
    assert (pixels.shape, pixels.dtype) == ((48, 64, 3), np.uint8)
    assert pixels.flags.writeable


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"])
def test_decode_rgb__every_mode(mode: str) -> None:
    assert decode_rgb(Image.new(mode, (5, 4))).mode == "RGB"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_decode_rgb__turned_as_pillow_turns(orientation: int) -> None:
    data = jpeg(80, 40, orientation=orientation)
    with Image.open(io.BytesIO(data)) as image:
        expected = ImageOps.exif_transpose(image)
        assert np.array_equal(read_rgb(image), np.asarray(expected))
    assert np.array_equal(read_rgb(data), np.asarray(expected))
    assert display_size(data) == expected.size


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_display_size__is_that_of_the_pixels(format: str, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = 6
    (tmp_path / "photo").write_bytes(encoded(picture(80, 40), format, exif=exif))
    assert display_size(tmp_path / "photo") == decode_rgb(tmp_path / "photo").size == (40, 80)


@pytest.mark.parametrize("value", [0, 0x80, 0x8080, 0xFFFF])
def test_read_rgb__sixteen_bits_are_scaled(value: int) -> None:
    deep = Image.fromarray(np.full((4, 4), value, dtype=np.uint16))
    assert read_rgb(encoded(deep, "PNG"))[0, 0].tolist() == [round(value / 257)] * 3


@pytest.mark.parametrize(
    ("values", "grey"),
    [([0.0, 0.5, 1.0], 128), ([0.0, 128.0, 255.0], 128), ([0.0, 32896.0, 65535.0], 128), ([-10.0, 0.0, 10.0], 128)],
    ids=["0-1", "0-255", "0-65535", "least to most"],
)
def test_read_rgb__floats_mean_what_they_usually_do(values: list[float], grey: int) -> None:
    image = Image.fromarray(np.array([values], dtype=np.float32))
    assert read_rgb(image)[0, :, 0].tolist() == [0, grey, 255]


@pytest.mark.parametrize(
    "image",
    [Image.new("RGBA", (4, 4), (255, 0, 0, 0)), Image.new("LA", (4, 4), (0, 0))],
    ids=["alpha", "grey with alpha"],
)
def test_decode_rgb__transparency_is_white(image: Image.Image) -> None:
    assert decode_rgb(encoded(image, "PNG")).getpixel((1, 1)) == (255, 255, 255)


def test_decode_rgb__a_colour_named_transparent_is_white() -> None:
    data = encoded(Image.new("RGB", (4, 4), (1, 2, 3)), "PNG", transparency=(1, 2, 3))
    assert decode_rgb(data).getpixel((1, 1)) == (255, 255, 255)


def test_decode_rgb__cmyk_keeps_its_colours() -> None:
    red = Image.new("RGB", (16, 16), (200, 30, 30)).convert("CMYK")
    assert np.abs(read_rgb(encoded(red, quality=95))[8, 8].astype(int) - [200, 30, 30]).max() <= 6


def test_decode_rgb__at_least() -> None:
    width, height = decode_rgb(jpeg(640, 480), at_least=100).size
    assert 100 <= height < width < 640


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "it is none of JPEG, PNG, .*, HEIF"),
        (b"plain text", "it is none of"),
        (jpeg()[:-600], "truncated"),
        (encoded(picture(), "PNG")[:-40], "."),
    ],
    ids=["empty", "text", "cut jpeg", "cut png"],
)
def test_decode_rgb__unreadable(data: bytes, word: str) -> None:
    with pytest.raises(UnreadableImage, match=word):
        decode_rgb(data)


def test_decode_rgb__a_missing_file_is_no_unreadable_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        decode_rgb(tmp_path / "nothing.png")


def test_decode_rgb__more_pixels_than_allowed() -> None:
    with pytest.raises(UnreadableImage, match="60000 x 60000 pixels and 1,000,000 are allowed"):
        decode_rgb(bomb_png(), max_pixels=1_000_000)


def test_decode_rgb__the_cap_of_the_program_stays() -> None:
    cap = Image.MAX_IMAGE_PIXELS
    decode_rgb(jpeg())
    assert cap == Image.MAX_IMAGE_PIXELS is not None
