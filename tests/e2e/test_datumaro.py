"""Datumaro, CVAT's own library for labels, reads our exports; it lives in an environment of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.contract.test_independent_readers import BOXES, SHAPES, edges, write

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DATUMARO = "datumaro==1.13.12"
# Our format -> its name there, and the number of the first pixel as it reads it: VOC's numbers as they stand.
FORMATS = {"coco": ("coco", 0), "cvat": ("cvat", 0), "pascal_voc": ("voc", 1), "yolo_detect": ("yolo", 0)}
READ = """
import json, sys
import datumaro
from datumaro.components.annotation import AnnotationType
said = {}
for folder, format in (argument.rsplit("=", 1) for argument in sys.argv[1:]):
    dataset = datumaro.Dataset.import_from(folder, format)
    names = dataset.categories()[AnnotationType.label]
    for item in dataset:
        said[folder + "/" + item.id.split("/")[-1]] = [
            (names[each.label].name, [float(n) for n in getattr(each, "points", [])], float(each.get_area()))
            for each in item.annotations
        ]
print("SAID" + json.dumps(said))
"""
# `folder/stem` -> class, numbers and area of each object.
Said = dict[str, list[tuple[str, list[float], float]]]


@pytest.fixture(scope="session")
def datumaro_python() -> Path:
    """The interpreter of an environment of its own that holds datumaro, kept between runs."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    environment = cache / "pictograph-tests" / DATUMARO.replace("==", "-")
    python = environment / "bin" / "python"
    uv = [sys.executable, "-m", "uv", "--quiet"]
    if not python.exists():
        subprocess.run([*uv, "venv", "--python", sys.executable, environment], check=True)
    subprocess.run([*uv, "pip", "install", "--python", python, DATUMARO], check=True)
    return python


@pytest.fixture(scope="session")
def said(datumaro_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Said:
    """What datumaro reads from our exports, all in one process: it takes seconds to start."""
    folder = tmp_path_factory.mktemp("exports")
    places = [f"{write(folder / name, name, BOXES)}={theirs}" for name, (theirs, _) in FORMATS.items()]
    places += [f"{write(folder / f'{name}-shapes', name, SHAPES)}={name}" for name in ("coco", "cvat")]
    done = subprocess.run(
        [datumaro_python, "-c", READ, *places],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    found: Said = json.loads(done.stdout.partition("SAID")[2])
    return {str(Path(place).relative_to(folder)): objects for place, objects in found.items()}


@pytest.mark.parametrize("ours", FORMATS)
def test_datumaro__has_the_same_boxes(said: Said, ours: str) -> None:
    _, first = FORMATS[ours]
    for name, there in BOXES.items():
        found = said[f"{ours}/out/{Path(name).stem}"]
        corners = sorted((x - first, y - first, right, bottom) for _, (x, y, right, bottom), _ in found)
        assert corners == [pytest.approx(each, abs=0.02) for each in edges(there)]
        assert sorted(label for label, _, _ in found) == sorted(each.name for each in there)


@pytest.mark.parametrize("ours", ["coco", "cvat"])
def test_datumaro__has_the_same_areas_without_their_holes(said: Said, ours: str) -> None:
    # Of COCO it makes a box beside each shape, which is larger.
    found = said[f"{ours}-shapes/out/a"]
    areas = {name: min(area for label, _, area in found if label == name) for name in ("stop", "yield")}
    assert areas == {"yield": 60 * 60 - 20 * 20, "stop": pytest.approx(1125, abs=1)}
