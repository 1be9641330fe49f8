"""The hosted service's own client, unmodified, runs its `full_pipeline` against our server. It is a black box here."""

import json
import subprocess
from pathlib import Path

import pytest
from examples.local_server import LocalServer

from pictograph.inference import load_model

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PROGRAM = """
import json, sys
import pictograph
from pictograph import Client
from pictograph.workflows import full_pipeline

assert pictograph.__version__ == "1.0.3", pictograph.__version__
client = Client()
report = full_pipeline(
    client,
    dataset_name="road-signs",
    folder=sys.argv[1],
    classes=[("stop_sign", "bbox"), ("yield", "bbox")],
    pipeline="yolox",
    train_config={"epochs": 3, "image_size": 96, "batch_size": 4},
)
model_file = client.models.download(report.model.id, sys.argv[2]) if report.model else None
images = client.datasets.get("road-signs", include_images=True).images
print(json.dumps({
    "success": report.success,
    "uploaded": report.upload.images_uploaded,
    "processed": report.annotate.images_processed,
    "added": report.annotate.annotations_added,
    "run": report.training_run.status,
    "model": report.model.status,
    "statuses": sorted({image.status for image in images}),
    "annotations": sum(len(client.annotations.get(image.id)) for image in images),
}))
"""


def test_full_pipeline__of_the_hosted_client(
    own_server: LocalServer, hosted_python: Path, signs: Path, tmp_path: Path
) -> None:
    script = tmp_path / "hosted.py"
    script.write_text(PROGRAM)
    model_file = tmp_path / "model.onnx"
    done = subprocess.run(
        [hosted_python, script, signs, model_file],
        env=own_server.client_environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=800,
    )
    assert done.returncode == 0, f"{done.stderr}\n--- server\n{own_server.log_tail(40)}"
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["success"]
    assert (result["run"], result["model"]) == ("completed", "ready")
    assert (result["uploaded"], result["processed"], result["statuses"]) == (16, 16, ["complete"])
    assert result["annotations"] == result["added"] > 0
    assert set(load_model(model_file).class_names) == {"stop_sign", "yield"}
