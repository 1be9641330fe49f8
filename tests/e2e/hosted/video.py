"""`client.video` of the hosted client: a clip goes up in pieces, is looked at, and its frames come back as pictures."""

import sys
from pathlib import Path

from PIL import Image

from pictograph import Client
from pictograph.exceptions import NotFoundError, ValidationError

scratch = Path(sys.argv[2])
client = Client()
# One second: ten pictures, each of its own grey, with a white corner. An animated GIF needs no encoder for videos.
greys = [20 + 20 * number for number in range(10)]
pictures = [Image.new("L", (64, 64), grey) for grey in greys]
for picture in pictures:
    picture.paste(255, (0, 0, 8, 8))
clip = scratch / "clip.gif"
pictures[0].save(clip, save_all=True, append_images=pictures[1:], duration=100)

info = client.video.upload(clip, content_type="image/gif")
assert info.upload_url.startswith("http")
assert info.gcs_uri.endswith(info.gcs_path)
facts = client.video.probe(info.gcs_path)
assert (facts.width, facts.height, facts.frame_count) == (64, 64, 10)
assert 0.9 <= facts.duration_seconds <= 1.1
assert 9 <= facts.native_fps <= 11

client.projects.create("clips")
job = client.video.extract_frames(
    "clips", info.gcs_path, folder_name="first", parent_folder_path="/takes", sample_fps=5.0, poll_interval=0.2
)
assert (job.status, job.progress, job.frames_extracted, job.total_frames) == ("complete", 100, 5, 5)
assert job.folder_path == "/takes/first"
assert client.video.get_extraction(job.job_id) == client.video.wait_for_extraction(job.job_id) == job

images = client.datasets.get("clips", include_images=True).images or []
assert {image.virtual_folder_path for image in images} == {"/takes/first"}
shown = []
for image in sorted(images, key=lambda image: image.filename):
    assert (image.width, image.height) == (64, 64)
    with Image.open(client.images.download(image.id, scratch / image.filename)) as frame:
        shown.append(frame.convert("L").getpixel((32, 32)))
assert all(abs(was - grey) <= 3 for was, grey in zip(shown, greys[::2], strict=True)), shown

# The video went with its extraction; what is no video is refused with words.
for path in (info.gcs_path, "videos/nothing"):
    try:
        client.video.probe(path)
    except NotFoundError:
        continue
    raise AssertionError(f"{path} was found")
text = scratch / "text.mp4"
text.write_text("no video")
try:
    client.video.probe(client.video.upload(text).gcs_path)
except ValidationError as error:
    assert "video" in str(error)
else:
    raise AssertionError("a text was taken for a video")
