"""`client.images` and `client.annotations` of the hosted client: bytes and shapes come back as they went in."""

import json
import sys
from pathlib import Path

from PIL import Image as Picture

from pictograph import (
    BBoxAnnotation,
    BoundingBox,
    Client,
    ConflictError,
    KeypointAnnotation,
    NotFoundError,
    Point,
    PolygonAnnotation,
    PolygonGeometry,
    PolylineAnnotation,
    PolylineGeometry,
)

folder, scratch = Path(sys.argv[1]), Path(sys.argv[2])
client = Client()
project = client.projects.create("hosted images")
source = sorted(folder.rglob("*.jpg"))[0]
sent = []
image = client.images.upload(
    project.id,
    source,
    folder_path="/a/b",
    filename="first.jpg",
    progress=lambda done, total: sent.append((done, total)),
)
size = source.stat().st_size
assert sent[-1] == (size, size)
with Picture.open(source) as picture:
    assert (image.width, image.height) == picture.size
assert (image.filename, image.file_size, image.status, image.dataset_id) == ("first.jpg", size, "new", project.id)
assert image.virtual_folder_path is not None and image.virtual_folder_path.strip("/") == "a/b"
assert client.images.download(image.id, scratch / "deep" / "back.jpg").read_bytes() == source.read_bytes()

png = scratch / "grey ü 50%.png"
Picture.new("L", (128, 128), 90).save(png)
other = client.images.upload(project.id, png)
assert (other.filename, other.width, other.height, other.mime_type) == (png.name, 128, 128, "image/png")
try:
    client.images.upload(project.id, source, folder_path="/a/b", filename="first.jpg")
except ConflictError as error:
    assert "already exists" in str(error)
else:
    raise AssertionError("the same name twice was taken")

ring = [Point(x=10, y=10), Point(x=60, y=12.25), Point(x=40, y=70)]
hole = [Point(x=20, y=20), Point(x=30, y=20), Point(x=28, y=31.5)]
shapes = [
    BBoxAnnotation(name="sign", bounding_box=BoundingBox(x=1.5, y=2.25, w=30.125, h=40), confidence=0.875),
    PolygonAnnotation(name="yard", polygon=PolygonGeometry(paths=[ring, hole]), attributes=["wet", 3]),
    PolylineAnnotation(name="lane", polyline=PolylineGeometry(path=ring[:2])),
    KeypointAnnotation(name="tip", keypoint=Point(x=5.5, y=6)),
]
saved = client.annotations.save(image.id, shapes)
assert (saved.image_id, saved.previous_count, saved.new_count, saved.status) == (image.id, 0, 4, "complete")
back = client.annotations.get(image.id)
for before, after in zip(shapes, back, strict=True):
    assert (after.id, after.name, after.type) == (before.id, before.name, before.type)
    assert (after.confidence, after.attributes) == (before.confidence, before.attributes)
assert back[0].bounding_box == shapes[0].bounding_box
assert back[1].polygon == shapes[1].polygon
assert back[1].bounding_box == BoundingBox(x=10, y=10, w=50, h=60)
assert back[2].polyline == shapes[2].polyline
assert back[3].keypoint == shapes[3].keypoint
assert client.annotations.save(image.id, back[:2]).previous_count == 4
assert {entry.name for entry in client.projects.get("hosted images").classes} >= {"sign", "yard", "lane", "tip"}

listed = client.datasets.get("hosted images", include_images=True, images_limit=1, images_offset=1).images
assert [entry.id for entry in listed] == [image.id], "newest first"
assert listed[0].annotation_count == 2

report = client.datasets.download("hosted images", scratch / "out", max_workers=2)
assert report.success and (report.dataset_id, report.images_downloaded) == (project.id, 2)
assert report.annotations_downloaded == 1
document = json.loads((scratch / "out" / "first.jpg.json").read_text())
assert document["annotation_count"] == 2 and document["image_uuid"] == image.id
assert (scratch / "out" / "first.jpg").read_bytes() == source.read_bytes()
only = client.datasets.download("hosted images", scratch / "none", mode="images_only", status_filter="complete")
assert (only.images_downloaded, only.annotations_downloaded) == (1, 0)

removed = client.annotations.delete(image.id)
assert (removed.image_id, removed.deleted_count) == (image.id, 2)
assert client.annotations.get(image.id) == [] and client.images.get(image.id).status == "new"
client.images.delete(image.id)
assert client.images.get(image.id).is_archived
assert client.datasets.get("hosted images").archived_images == 1
client.images.delete(image.id, permanent=True)
for gone in (image.id, "not-an-id"):
    try:
        client.images.get(gone)
    except NotFoundError:
        continue
    raise AssertionError(f"{gone} is still there")
assert client.projects.delete("hosted images")["images"] == 1
