"""The skill: what an agent reads is there, and its scripts run."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pictograph.skills import list_skills, skill_path

SKILL = skill_path()
PAGES = sorted(SKILL.rglob("*.md"))
SCRIPTS = sorted(path for path in (SKILL / "scripts").glob("*.py") if path.name != "common.py")


def test_skill_path__unknown_names_those_there_are() -> None:
    assert list_skills() == ["pictograph-cv"]
    with pytest.raises(FileNotFoundError, match="pictograph-cv"):
        skill_path("other")


def test_skill__front_matter_and_length() -> None:
    _, front, body = (SKILL / "SKILL.md").read_text().split("---\n", 2)
    fields = dict(line.split(": ", 1) for line in front.strip().splitlines())
    assert fields["name"] == "pictograph-cv"
    assert 60 < len(fields["description"]) < 1024
    assert fields["allowed-tools"]
    assert len(body) < 20_000


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page__links_resolve(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_script__says_how_it_is_used(script: Path) -> None:
    done = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("usage: ")


def test_script__fails_with_json(tmp_path: Path) -> None:
    command = [sys.executable, SKILL / "scripts" / "full_pipeline.py", "d", tmp_path / "none", "--classes", "a:bbox,b"]
    # Port 9 answers nobody; the folder is looked at first.
    environment = {
        "PICTOGRAPH_API_KEY": "pk_live_x",
        "PICTOGRAPH_BASE_URL": "http://127.0.0.1:9",
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        [*command, "--pipeline", "yolox"], capture_output=True, text=True, env=environment, check=False
    )
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["success"]) == (1, False)
    assert "none" in answer["error"]


@pytest.mark.parametrize("tool", ["credits balance", "images status", "models evaluate", "train estimate", "doctor"])
def test_skill__commands_it_names_exist(tool: str) -> None:
    reference = (Path(__file__).parents[3] / "docs" / "reference" / "cli.md").read_text()
    assert f"pictograph {tool}" in reference
    assert any(f"pictograph {tool}" in page.read_text() for page in PAGES)
