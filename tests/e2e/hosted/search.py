"""`client.search` of the hosted client: images like one, and images with tags that a batch gave them."""

import shutil
import sys
import time
from pathlib import Path

from pictograph import Client, NotFoundError
from pictograph.workflows import upload_dataset_from_folder

client = Client()
folder = Path(sys.argv[2]) / "search"
folder.mkdir()
sources = sorted(Path(sys.argv[1]).rglob("*.jpg"))[:4]
for number, source in enumerate(sources):
    shutil.copy(source, folder / f"{number}.jpg")
# The same bytes under another name: as like as can be.
shutil.copy(sources[0], folder / "copy of 0.jpg")
assert upload_dataset_from_folder(client, "hosted search", folder).images_uploaded == 5
images = {image.filename: image for image in client.datasets.get("hosted search", include_images=True).images}

# What images look like is known once a job has seen them.
deadline = time.monotonic() + 60
while not (found := client.search.by_similarity(images["0.jpg"].id, threshold=0.0)) or len(found) < 4:
    assert time.monotonic() < deadline, f"only {found} are found"
    time.sleep(0.2)
assert found[0].filename == "copy of 0.jpg" and found[0].similarity > 0.99
assert images["0.jpg"].id not in {image.id for image in found}
assert [image.similarity for image in found] == sorted((image.similarity for image in found), reverse=True)
assert len(client.search.by_similarity(images["0.jpg"].id, threshold=0.0, limit=2)) == 2
assert client.search.by_similarity(images["0.jpg"].id, threshold=0.0, folder_path="/nowhere") == []
assert all(image.similarity >= 0.99 for image in client.search.by_similarity(images["0.jpg"].id, threshold=0.99))

assert client.search.by_tag(objects=["no such thing"]) == []
job = client.auto_annotate.batch(
    "hosted search", list(images), [{"name": "stop_sign", "output_type": "tag"}], confidence_threshold=0.01
)
assert job.status == "completed"
tagged = client.search.by_tag(objects=["stop_sign"], dataset_name="hosted search")
assert tagged, "nothing was tagged at a confidence of 0.01"
# Lists of names, and nothing else: not how sure the machine was.
assert all(image.image_auto_tags == {"objects": ["stop_sign"]} for image in tagged)
assert {image.project_id for image in tagged} == {client.datasets.get("hosted search").id}
assert [image.id for image in client.search.by_tag(objects=["stop_sign"], limit=1)] == [tagged[0].id]
assert client.search.by_tag(objects=["stop_sign"], limit=500, offset=len(tagged), dataset_name="hosted search") == []
assert client.search.by_tag(objects=["stop_sign"], scenes=["night"]) == []

for call in (
    lambda: client.search.by_similarity("no-such-image"),
    lambda: client.search.by_tag(objects=["stop_sign"], dataset_name="no such dataset"),
):
    try:
        call()
    except NotFoundError:
        continue
    raise AssertionError("not refused")
try:
    client.search.by_tag()
except ValueError:
    pass
else:
    raise AssertionError("no tag is refused")
