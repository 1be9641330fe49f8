"""Videos through PyAV: what they are, which picture is on screen when, and what is not opened at all."""

import struct
from pathlib import Path

import pytest
from PIL import Image
from tests.videos import make_video, number_of, white_corner

from pictograph_server.services.videos.look import Unreadable, look
from pictograph_server.services.videos.reading import NotAVideo, OpenVideo
from pictograph_server.services.videos.sampling import Range, sample

MAX_PIXELS = 100_000_000
# The transformation of a telephone held upright, as ISO 14496-12 §8.3.2 writes it: a quarter turn clockwise.
QUARTER_TURN = (0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)


def numbers(path: Path, wanted: Range) -> list[int]:
    with OpenVideo(path) as video:
        return [number_of(video.upright_image(each.picture)) for each in sample(video, wanted)]


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "libx264"), ("a.mov", "libx264"), ("a.mkv", "libx264"), ("a.webm", "libvpx-vp9"), ("a.avi", "mpeg4"),
     ("a.ts", "mpeg2video"), ("a.mpg", "mpeg2video")],
)  # fmt: skip
def test_facts__of_every_common_container(tmp_path: Path, name: str, codec: str):
    path = make_video(tmp_path / name, frames=50, fps=25, codec=codec)
    with OpenVideo(path) as video:
        facts = video.facts()
    assert (facts.width, facts.height, facts.frame_count) == (64, 64, 50)
    assert facts.duration_seconds == pytest.approx(2.0, abs=0.05)
    assert facts.native_fps == pytest.approx(25.0)


def test_at_or_after__is_the_picture_on_screen(tmp_path: Path):
    path = make_video(tmp_path / "a.mp4", frames=30, fps=10)
    assert numbers(path, Range(2.0)) == [0, 5, 10, 15, 20, 25]
    assert numbers(path, Range(1000.0, 1.0, 1.5)) == [10, 11, 12, 13, 14]


def test_at_or_after__variable_rate(tmp_path: Path):
    path = make_video(tmp_path / "a.mp4", times_s=[0, 0.1, 0.2, 2.0, 2.05, 5.0])
    assert numbers(path, Range(1.0)) == [0, 3, 5]


@pytest.mark.parametrize("keyframes_every", [5, 1000])
def test_at_or_after__far_ahead_is_the_same_whether_sought_or_decoded(tmp_path: Path, keyframes_every: int):
    # Every 9 s of a minute: further ahead than pictures are decoded one by one.
    path = make_video(tmp_path / "a.mp4", frames=120, fps=2, keyframes_every=keyframes_every)
    assert numbers(path, Range(1 / 9)) == [number % 36 for number in range(0, 120, 18)]


def test_at_or_after__transport_stream_whose_time_does_not_begin_at_zero(tmp_path: Path):
    path = make_video(tmp_path / "a.ts", frames=40, fps=10, codec="mpeg2video")
    assert numbers(path, Range(1.0)) == [0, 10, 20, 30]


def test_upright_image__turned_as_the_file_says(tmp_path: Path):
    path = make_video(tmp_path / "a.mp4", size_wh=(96, 64), rotation=1)
    data = bytearray(path.read_bytes())
    # Version 0 of the track's header: 4 bytes of version, 20 of times and ids, 16 of others, then the matrix.
    at = data.index(b"tkhd") + 4 + 4 + 20 + 16
    data[at : at + 36] = struct.pack(">9i", *QUARTER_TURN)
    path.write_bytes(data)
    with OpenVideo(path) as video:
        found = video.at_or_after(0.0, lambda: None)
        assert found is not None
        image = video.upright_image(found[1])
    # What was top left is top right after a quarter turn clockwise.
    assert (image.size, white_corner(image)) == ((64, 96), "top right")
    assert look(path, max_pixels=MAX_PIXELS).width == 64


def test_upright_image__pixels_of_a_shape_that_makes_the_picture_huge(tmp_path: Path):
    path = make_video(tmp_path / "a.mp4", frames=3, codec="mpeg4", size_wh=(640, 480))
    data = bytearray(path.read_bytes())
    # The box behind becomes the one that says how wide a pixel is (ISO 14496-12, PixelAspectRatioBox).
    at = data.index(b"btrt")
    data[at : at + 12] = b"pasp" + struct.pack(">2I", 30_000, 1)
    path.write_bytes(data)
    with pytest.raises(Unreadable, match="shown as 19,200,000 x 480 pixels"):
        look(path, max_pixels=MAX_PIXELS)
    with OpenVideo(path, max_pixels=MAX_PIXELS) as video:
        found = video.at_or_after(0.0, lambda: None)
        assert found is not None
        with pytest.raises(NotAVideo, match="shown as"):
            video.upright_image(found[1])


def test_at_or_after__pictures_that_grow_behind_the_header_are_not_decoded(tmp_path: Path):
    small = make_video(tmp_path / "small.ts", frames=10, fps=10, codec="mpeg2video")
    large = make_video(tmp_path / "large.ts", frames=10, fps=10, codec="mpeg2video", size_wh=(640, 480))
    path = tmp_path / "grows.ts"
    path.write_bytes(small.read_bytes() + large.read_bytes())
    with OpenVideo(path) as video:
        assert {each.picture.width for each in sample(video, Range(10.0))} == {64, 640}
    with OpenVideo(path, max_pixels=100 * 100) as video:
        assert {each.picture.width for each in sample(video, Range(10.0))} == {64}


def test_at_or_after__damaged_in_the_middle_goes_on_behind_it(tmp_path: Path):
    path = make_video(tmp_path / "a.ts", frames=60, fps=10, codec="mpeg2video", keyframes_every=10, size_wh=(160, 120))
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 500] = bytes(500)
    path.write_bytes(data)
    found = numbers(path, Range(1000.0))
    assert (found[0], found[-1]) == (0, 59 % 36)
    assert 40 < len(found) <= 60


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{other}\n#EXT-X-ENDLIST\n"
SESSION = b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"This is no video.\n" * 50, id="text"),
        pytest.param(bytes(10_000), id="zeros"),
        pytest.param(PLAYLIST, id="playlist"),
        pytest.param(b"ffconcat version 1.0\nfile '{other}'\n", id="list of files"),
        pytest.param(SESSION, id="session"),
    ],
)
def test_open__what_is_no_video_is_refused_with_words(tmp_path: Path, content: bytes):
    other = make_video(tmp_path / "other.mp4")
    path = tmp_path / "a.mp4"
    path.write_bytes(content.replace(b"{other}", str(other).encode()))
    with pytest.raises(NotAVideo, match="does not read"):
        OpenVideo(path)


def test_open__a_picture_is_no_video(tmp_path: Path):
    Image.new("RGB", (64, 64)).save(tmp_path / "a.jpg")
    with pytest.raises(NotAVideo):
        OpenVideo(tmp_path / "a.jpg")


def test_look__cut_short_before_its_index_is_refused(tmp_path: Path):
    whole = make_video(tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "a.mp4").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Unreadable):
        look(tmp_path / "a.mp4", max_pixels=MAX_PIXELS)


def test_look__more_pixels_than_are_allowed(tmp_path: Path):
    path = make_video(tmp_path / "a.mp4")
    with pytest.raises(Unreadable, match="4,096 pixels and 4,095 are allowed"):
        look(path, max_pixels=64 * 64 - 1)


def test_look__a_child_that_hangs_is_given_up(tmp_path: Path):
    path = make_video(tmp_path / "a.mp4")
    with pytest.raises(Unreadable, match=r"within 0\.01 s"):
        look(path, max_pixels=MAX_PIXELS, timeout_s=0.01)
