"""`client.exports`, `client.training` and `client.models` of the hosted client: from labels to a file that predicts."""

import json
import sys
import zipfile
from pathlib import Path
from typing import get_args

from pictograph import ApiError, Client, ConflictError, ExportFormat, NotFoundError, ValidationError
from pictograph.workflows import auto_annotate_dataset, train_pipeline, upload_dataset_from_folder

client, scratch = Client(), Path(sys.argv[2])
upload_dataset_from_folder(client, "hosted run", sys.argv[1])
report = auto_annotate_dataset(client, "hosted run", [("stop_sign", "bbox"), ("yield", "polygon")])
assert report.success
images = client.datasets.get("hosted run", include_images=True).images
annotations = sum(image.annotation_count for image in images)

for format in get_args(ExportFormat):
    export = client.exports.create("hosted run", f"as {format}", format=format, include_images=True)
    assert (export.status, export.format, export.image_count) == ("completed", format, len(images))
    path = client.exports.download("hosted run", export.name, scratch / f"{format}.zip")
    assert path.stat().st_size == export.file_size > 0
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
with zipfile.ZipFile(scratch / "pictograph.zip") as archive:
    documents = [json.loads(archive.read(name)) for name in archive.namelist() if name.startswith("annotations/")]
assert (len(documents), sum(len(document["annotations"]) for document in documents)) == (len(images), annotations)
client.exports.create(
    "hosted run", "yields", format="coco", class_filter=["yield"], status_filter="complete", wait=False
)
only = client.exports.wait_for_completion("hosted run", "yields", poll_interval=0.2)
assert only.class_filter == ["yield"] and only.annotation_count < annotations
names = [entry.name for entry in client.exports.iter(dataset_name="hosted run", page_size=3)]
assert names[0] == "yields" and len(names) == len(set(names)) == len(get_args(ExportFormat)) + 1
assert [entry.name for entry in client.exports.list(dataset_name="hosted run", limit=2)] == names[:2]
client.exports.delete("hosted run", "yields")
for call, error in (
    (lambda: client.exports.get("hosted run", "yields"), NotFoundError),
    (lambda: client.exports.create("hosted run", "as coco"), ConflictError),
    (lambda: client.exports.create("hosted run", "new", format="word"), ValidationError),
    (lambda: client.training.get("not-an-id"), NotFoundError),
    (lambda: client.models.get("not-an-id"), NotFoundError),
):
    try:
        call()
    except error:
        continue
    raise AssertionError(f"{error.__name__} was expected")

SMALL = {"epochs": 1, "image_size": 64, "batch_size": 4}
run, model = train_pipeline(client, "hosted run", pipeline="yolox", name="hosted yolox", config=SMALL)
assert (run.status, run.progress, run.current_epoch, run.total_epochs) == ("completed", 100, 1, 1)
assert (run.pipeline_type, run.gpu_type, run.model_id) == ("yolox", "a10g", model.id)
assert (model.status, model.model_type) == ("ready", "object_detection")
assert set(model.class_mapping.values()) == {"stop_sign", "yield"}
assert [entry.id for entry in client.training.iter(dataset_name="hosted run", status="completed")] == [run.id]
assert [entry.id for entry in client.training.list(dataset_name="hosted run", limit=1)] == [run.id]
assert model.id in [entry.id for entry in client.models.list(dataset_name="hosted run", model_type="object_detection")]
assert [entry.id for entry in client.models.iter(dataset_name="hosted run", status="ready")] == [model.id]
assert client.models.list(dataset_name="hosted run", model_type="classification") == []
assert client.models.download(model.id, scratch / "model.onnx").stat().st_size > 100_000

second = client.training.create(
    "hosted run",
    "as pictograph",
    pipeline_type="yolox",
    name="hosted second",
    config=SMALL | {"epochs": 500},
    wait=False,
)
assert second.status in ("pending", "queued", "running")
assert client.training.cancel(second.id).status == "cancelled"
try:
    client.training.wait_for_completion(second.id, poll_interval=0.2, timeout=60)
except ApiError as error:
    assert error.response["status"] == "cancelled"
else:
    raise AssertionError("a cancelled run was waited for in silence")
client.models.delete(model.id)
try:
    client.models.get(model.id)
except NotFoundError:
    pass
else:
    raise AssertionError("the model is still there")
client.projects.delete("hosted run")
