"""A program of somebody who has neither torch nor our server nor a network: predict, and print what came out.

python tests/without_torch.py '[["MODEL", ["IMAGE", ...]], ...]'
"""

import importlib.abc
import importlib.machinery
import json
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

MISSING = ("torch", "torchvision", "pictograph_server", "onnx", "supervision", "shapely", "typer", "fastapi")


class _NotInstalled(importlib.abc.MetaPathFinder):
    """Finds nothing under the names of packages that are taken to be missing."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] in MISSING:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return None


def predict_without_torch(work: Sequence[tuple[Path, Sequence[Path]]]) -> list[list[dict[str, Any]]]:
    """Return, of each model, what a process of its own finds in its images: `Detections.to_dict` or `Tags.to_dict`."""
    words = json.dumps([(str(model), [str(image) for image in images]) for model, images in work])
    done = subprocess.run([sys.executable, __file__, words], check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _refuse_network(*_: object, **__: object) -> NoReturn:
    raise OSError("there is no network")


def _main(work: Sequence[tuple[str, Sequence[str]]]) -> None:
    sys.meta_path.insert(0, _NotInstalled())
    socket.socket.connect = _refuse_network  # pyright: ignore[reportAttributeAccessIssue]
    socket.getaddrinfo = _refuse_network

    from pictograph.inference import load_model

    found = [load_model(model, threads=1).predict(images, confidence=0.0) for model, images in work]
    assert not {name.partition(".")[0] for name in sys.modules} & set(MISSING)
    print(json.dumps([[each.to_dict() for each in of_model] for of_model in found]))


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]))
