"""What is taken for an image, and how its pixels come out."""

from pathlib import Path

import pytest
from PIL import Image
from tests.factories import (
    ORIENTATION_TAG,
    animated_gif,
    bomb_png,
    cmyk_jpeg,
    encoded,
    heic,
    jpeg,
    make_ugly_folder,
    overwritten_jpeg,
    palette_png,
    picture,
    plain_png,
    png_16_bit,
)

from pictograph.pixels import decode_rgb
from pictograph_server.errors import ServiceError
from pictograph_server.services.images.content import (
    BrokenImage,
    ContentLimits,
    FileTooLarge,
    NotAnImage,
    TooManyPixels,
    check_image,
)
from pictograph_server.services.images.ingest import difference_hash

LIMITS = ContentLimits(max_bytes=10_000_000, max_pixels=100_000_000)


@pytest.mark.parametrize(
    ("data", "mime_type"),
    [
        (jpeg(), "image/jpeg"),
        (cmyk_jpeg(), "image/jpeg"),
        (encoded(picture(), "JPEG", progressive=True), "image/jpeg"),
        (encoded(picture().convert("L")), "image/jpeg"),
        (encoded(picture(3, 2)), "image/jpeg"),
        (png_16_bit(), "image/png"),
        (palette_png(), "image/png"),
        (animated_gif(), "image/gif"),
        (encoded(picture(), "BMP"), "image/bmp"),
        (encoded(picture(), "WEBP"), "image/webp"),
        (encoded(picture(), "TIFF", compression="tiff_lzw"), "image/tiff"),
        (heic(), "image/heic"),
    ],
    ids=["jpeg", "cmyk", "progressive", "grey", "tiny", "png16", "palette", "gif", "bmp", "webp", "tiff", "heic"],
)
def test_check_image__type_is_read_from_the_content(data: bytes, mime_type: str) -> None:
    assert check_image(data, "name.says.nothing", LIMITS).mime_type == mime_type


@pytest.mark.parametrize(
    ("data", "refusal", "word"),
    [
        (b"", BrokenImage, "empty"),
        (b"\x00" * 500, BrokenImage, "zeros"),
        (b"plain text, no picture", NotAnImage, "no image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", NotAnImage, "no image"),
        (jpeg()[:-100], BrokenImage, "truncated"),
        (jpeg()[:15], BrokenImage, "damaged"),
        (overwritten_jpeg(), BrokenImage, "damaged"),
        (encoded(picture(), "PNG")[:-40], BrokenImage, "damaged"),
        (encoded(picture(), "TIFF")[:-400], BrokenImage, "damaged"),
        (encoded(picture(), "WEBP")[:-40], BrokenImage, "damaged"),
        (heic()[:-60], BrokenImage, "damaged"),
        (plain_png(3000, 2000)[:-30], BrokenImage, "damaged"),
        (bomb_png(), TooManyPixels, "3,600,000,000 pixels"),
        (plain_png(20_000, 6_000), TooManyPixels, "120,000,000 pixels"),
    ],
    ids=[
        "empty", "zeros", "text", "svg", "cut-jpeg", "cut-header", "overwritten-jpeg", "cut-png", "cut-tiff",
        "cut-webp", "cut-heic", "cut-large-png", "bomb", "over-the-cap",
    ],
)  # fmt: skip
def test_check_image__refused_with_the_name_and_the_reason(data: bytes, refusal: type[ServiceError], word: str) -> None:
    with pytest.raises(refusal) as caught:
        check_image(data, "holiday 1.jpg", LIMITS)
    assert "holiday 1.jpg" in str(caught.value)
    assert word in str(caught.value)
    assert caught.value.status in (400, 413, 415)


def test_check_image__too_many_bytes() -> None:
    with pytest.raises(FileTooLarge, match="more than 100 bytes"):
        check_image(jpeg(), "big.jpg", ContentLimits(max_bytes=100, max_pixels=100_000_000))


def test_check_image__fifty_megapixels_are_taken() -> None:
    facts = check_image(plain_png(10_000, 5_000), "large.png", LIMITS)
    assert (facts.width, facts.height) == (10_000, 5_000)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_check_image__size_is_the_one_shown(orientation: int) -> None:
    facts = check_image(jpeg(80, 40, orientation=orientation), "photo.jpg", LIMITS)
    assert (facts.width, facts.height) == ((40, 80) if orientation >= 5 else (80, 40))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_check_image__agrees_with_the_pixels(format: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = 6
    data = encoded(picture(80, 40), format, exif=exif)
    facts = check_image(data, "photo", LIMITS)
    assert decode_rgb(data).size == (facts.width, facts.height) == (40, 80)


def test_check_image__every_file_of_the_ugly_folder(tmp_path: Path) -> None:
    ugly = make_ugly_folder(tmp_path)
    refused: dict[str, str] = {}
    for name in (*ugly.good, *ugly.bad):
        try:
            check_image((tmp_path / name).read_bytes(), name, LIMITS)
        except ServiceError as error:
            refused[name] = str(error)
    assert set(refused) == set(ugly.bad)
    assert all(ugly.bad[name] in text for name, text in refused.items())


def test_difference_hash__near_copies_are_near() -> None:
    original, other = picture(200, 150, seed=1), picture(200, 150, seed=1).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    smaller = decode_rgb(encoded(original.resize((100, 75)), quality=60))
    assert _distance(difference_hash(original), difference_hash(smaller)) <= 6
    assert _distance(difference_hash(original), difference_hash(other)) > 20


def _distance(one: str, two: str) -> int:
    return (int(one, 16) ^ int(two, 16)).bit_count()
