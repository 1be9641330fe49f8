"""`client.batch` of the hosted client: images moved, copied, updated, taken to the trash, and deleted for good."""

import sys
from pathlib import Path

from pictograph import BBoxAnnotation, BoundingBox, Client, NotFoundError

folder, scratch = Path(sys.argv[1]), Path(sys.argv[2])
client = Client()
project = client.projects.create("hosted batch")
sources = sorted(folder.rglob("*.jpg"))[:3]
images = [
    client.images.upload(project.id, source, folder_path="/in", filename=f"{number}.jpg")
    for number, source in enumerate(sources)
]
first, second, third = (image.id for image in images)


def listed() -> dict[str, str]:
    """Return path -> id of what the dataset lists."""
    found = client.datasets.get("hosted batch", include_images=True).images or []
    return {f"{image.virtual_folder_path}/{image.filename}": image.id for image in found}


moved = client.batch.move("hosted batch", [first, second], target_folder_path="/out")
assert (moved.success, moved.processed, moved.failed) == (True, 2, [])
assert set(moved.affected_folders) == {"/in", "/out"}
assert listed() == {"/out/0.jpg": first, "/out/1.jpg": second, "/in/2.jpg": third}
moved = client.batch.move("hosted batch", [third, "no such image"])
assert (moved.success, moved.processed, [failure.id for failure in moved.failed]) == (False, 1, ["no such image"])
assert listed()["//2.jpg"] == third

box = BBoxAnnotation(name="sign", bounding_box=BoundingBox(x=1.5, y=2.25, w=30.125, h=20))
client.annotations.save(first, [box])
copied = client.batch.copy("hosted batch", [first], target_folder_path="/out", copy_annotations=True)
assert copied.success and copied.processed == 1
twin = listed()["/out/0-2.jpg"]
assert [each.model_dump() for each in client.annotations.get(twin)] == [
    each.model_dump() for each in client.annotations.get(first)
]
assert client.images.get(twin).status == client.images.get(first).status
assert client.images.download(twin, scratch / "twin.jpg").read_bytes() == sources[0].read_bytes()
bare = client.batch.copy("hosted batch", [first], target_folder_path="/bare")
assert bare.success and client.annotations.get(listed()["/bare/0.jpg"]) == []
skipped = client.batch.copy("hosted batch", [first], target_folder_path="/out", duplicate_handling="skip")
assert (skipped.processed, skipped.failed[0].id) == (0, first)
overwritten = client.batch.copy("hosted batch", [first], target_folder_path="/bare", duplicate_handling="overwrite")
assert overwritten.success and len(listed()) == 5

updated = client.batch.update("hosted batch", [first, second], status="review")
assert updated.success and client.images.get(second).status == "review"
assert client.batch.update("hosted batch", [second], display_name="the second").success
try:
    client.batch.update("hosted batch", [second])
except ValueError:
    pass
else:
    raise AssertionError("an update of nothing was sent")

before = client.datasets.get("hosted batch")
deleted = client.batch.delete("hosted batch", [second, third])
assert deleted.success and client.images.get(second).is_archived
after = client.datasets.get("hosted batch")
assert (after.image_count, after.archived_images) == (before.image_count - 2, before.archived_images + 2)
restored = client.batch.update("hosted batch", [second], is_archived=False)
assert restored.success and not client.images.get(second).is_archived
assert client.batch.delete("hosted batch", [second, third], permanent=True).processed == 2
for gone in (second, third):
    try:
        client.images.get(gone)
    except NotFoundError:
        pass
    else:
        raise AssertionError("an image that was deleted for good is still there")
for name, ids in (("hosted batch", ["nothing"]), ("no such dataset", [first])):
    try:
        client.batch.move(name, ids, target_folder_path="/x")
    except NotFoundError:
        pass
    else:
        raise AssertionError("something was moved that is not there")
client.projects.delete("hosted batch")
