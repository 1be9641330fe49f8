from pathlib import Path

import pytest
from tests.unit.pictograph.workflows.fake_server import FakeServer


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three images: one at the top, and one of the same name in each of two folders, one below the other."""
    root = tmp_path / "signs"
    for place in ("x.jpg", "a/x.jpg", "a/b/x.jpg"):
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(place.encode())
    return root
