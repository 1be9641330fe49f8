"""The workplace of a test: an organisation, its client, and the jobs of the services under test."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.api.jobs.quick_training import BOX, QuickTrainer, export, no_hook, use_quick_trainer
from tests.api.jobs.workplace import Workplace

from pictograph_server.platform import Platform


@pytest.fixture
def work(platform: Platform, organization_id: str, app_client: TestClient, tmp_path: Path) -> Workplace:
    return Workplace(platform, organization_id, app_client, tmp_path)


@pytest.fixture
def signs(work: Workplace, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """A dataset with six annotated images, exported; one more was annotated after the export."""
    use_quick_trainer(work)
    monkeypatch.setattr(QuickTrainer, "in_epoch", staticmethod(no_hook))
    monkeypatch.setattr(QuickTrainer, "trained", 0)
    monkeypatch.setattr(QuickTrainer, "seconds_an_epoch", 1.0)
    dataset = work.make_dataset("signs", [("stop", "bbox"), ("yield", "bbox")])
    for number in range(6):
        work.save(work.add_image(dataset, f"{number}.png"), [BOX], "complete")
    export(work, "v1")
    return work
