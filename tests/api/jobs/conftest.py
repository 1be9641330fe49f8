"""The workplace of a test: an organisation, its client, and the jobs of the services under test."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.api.jobs.workplace import Workplace

from pictograph_server.platform import Platform


@pytest.fixture
def work(platform: Platform, organization_id: str, app_client: TestClient, tmp_path: Path) -> Workplace:
    return Workplace(platform, organization_id, app_client, tmp_path)
