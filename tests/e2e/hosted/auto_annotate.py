"""`client.auto_annotate` of the hosted client: a batch that saves what it finds, and prompts that do not."""

import shutil
import sys
from pathlib import Path

from pictograph import ApiError, BatchClass, Client, NotFoundError, ValidationError
from pictograph.workflows import auto_annotate_dataset, upload_dataset_from_folder

client = Client()
folder = Path(sys.argv[2]) / "few"
folder.mkdir()
for source in sorted(Path(sys.argv[1]).rglob("*.jpg"))[:6]:
    shutil.copy(source, folder)
report = upload_dataset_from_folder(client, "hosted labels", folder)
assert report.success and report.images_uploaded == 6
again = upload_dataset_from_folder(client, "hosted labels", folder)
assert (again.images_uploaded, again.images_skipped) == (0, report.images_uploaded)
images = client.datasets.get("hosted labels", include_images=True).images
names = [image.filename for image in images]

# First the batch, which waits for a cold annotator as long as it takes; a prompt has to answer within 30 s.
before = client.credits.balance().credits_remaining
job = client.auto_annotate.batch(
    "hosted labels", names, [BatchClass(name="stop_sign", output_type="bbox"), {"name": "yield"}], top_k=5
)
assert (job.status, job.progress, job.total_images, job.failed_images) == ("completed", 100, len(names), 0)
assert client.auto_annotate.get_batch(job.job_id).total_annotations_added == job.total_annotations_added > 0
assert client.credits.balance().credits_remaining < before
after = client.datasets.get("hosted labels", include_images=True).images
assert sum(image.annotation_count for image in after) == job.total_annotations_added
assert {image.status for image in after} == {"complete"}
kinds = {(entry.name, entry.type) for image in after for entry in client.annotations.get(image.id)}
assert kinds <= {("stop_sign", "bbox"), ("yield", "polygon")}

found = {}
for image in images:
    result = client.auto_annotate.text(
        "hosted labels", image.filename, text_prompt="stop_sign", confidence_threshold=0.5
    )
    assert result.status in ("success", "no_detection", "below_threshold")
    assert [entry.confidence for entry in result.annotations] == sorted(
        (entry.confidence for entry in result.annotations), reverse=True
    )
    if result.status == "success":
        found[image.filename] = result.annotations[0]
assert found, "no stop sign on any image"
name, outline = next(iter(found.items()))
assert (outline.type, outline.name) == ("polygon", "stop_sign")
box = outline.bounding_box
at = (round(box.x + box.w / 2), round(box.y + box.h / 2))
boxed = client.auto_annotate.text("hosted labels", name, text_prompt="stop sign", output_type="bbox", max_detections=1)
assert [entry.type for entry in boxed.annotations] == ["bbox"]
clicked = client.auto_annotate.point("hosted labels", name, x=at[0], y=at[1], name="stop", score_threshold=0.1)
assert clicked.status == "success" and clicked.annotations[0].name == "stop" and 0 <= clicked.score <= 1
refined = client.auto_annotate.box(
    "hosted labels", name, box={"x": box.x, "y": box.y, "w": box.w, "h": box.h}, name="stop", confidence_threshold=0.1
)
assert refined.status == "success" and refined.annotations
counts = [image.annotation_count for image in client.datasets.get("hosted labels", include_images=True).images]
assert counts == [image.annotation_count for image in after], "a prompt saves nothing"

skipped = auto_annotate_dataset(client, "hosted labels", [("stop_sign", "bbox")])
assert skipped.images_skipped > 0 and skipped.annotations_added == 0
started = client.auto_annotate.batch("hosted labels", names, [{"name": "priority_road"}], wait=False)
try:
    client.auto_annotate.cancel_batch(started.job_id)
    client.auto_annotate.wait_for_batch(started.job_id, poll_interval=0.2, timeout=60)
except ApiError as error:
    assert error.response["status"] == "cancelled"
for call, error in (
    (lambda: client.auto_annotate.batch("hosted labels", ["none.jpg"], [{"name": "yield"}]), NotFoundError),
    (lambda: client.auto_annotate.batch("hosted labels", names, []), ValidationError),
    (lambda: client.auto_annotate.get_batch("not-an-id"), NotFoundError),
    (lambda: client.auto_annotate.text("hosted labels", "none.jpg", text_prompt="yield"), NotFoundError),
):
    try:
        call()
    except error:
        continue
    raise AssertionError(f"{error.__name__} was expected")
client.projects.delete("hosted labels")
