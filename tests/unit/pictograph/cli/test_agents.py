import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pictograph.agents import REGISTRY
from pictograph.cli.app import app


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments])


def test_install_skill__a_folder_and_a_zip(tmp_path: Path) -> None:
    result = run("agents", "install-skill", "--output", str(tmp_path))
    told = json.loads(result.stdout)
    assert (told["installed"], told["skill"]) == (True, "pictograph-cv")
    assert (Path(told["claude_code_path"]) / "SKILL.md").is_file()
    with zipfile.ZipFile(told["claude_ai_zip"]) as archive:
        names = archive.namelist()
    assert "pictograph-cv/SKILL.md" in names
    assert not any("__pycache__" in name for name in names)
    # A second time replaces what is there.
    assert run("agents", "install-skill", "--output", str(tmp_path)).exit_code == 0


@pytest.mark.parametrize(("target", "key"), [("claude-code", "claude_code_path"), ("claude-ai", "claude_ai_zip")])
def test_install_skill__one_of_them(tmp_path: Path, target: str, key: str) -> None:
    told = json.loads(run("agents", "install-skill", "--target", target, "--output", str(tmp_path)).stdout)
    assert told.keys() == {"installed", "skill", key}


@pytest.mark.parametrize("options", [("--target", "emacs"), ("--skill", "none")])
def test_install_skill__what_there_is_not(tmp_path: Path, options: tuple[str, str]) -> None:
    assert run("agents", "install-skill", "--output", str(tmp_path), *options).exit_code == 2


def test_export_tools__printed_or_in_a_file(tmp_path: Path) -> None:
    printed = json.loads(run("agents", "export-tools").stdout)
    assert printed == [tool.to_json() for tool in REGISTRY]
    run("agents", "export-tools", "-o", str(tmp_path / "tools.json"))
    assert json.loads((tmp_path / "tools.json").read_text()) == printed


def test_list_tools__every_name() -> None:
    listed = run("agents", "list-tools").stdout
    assert all(tool.name[:20] in listed for tool in REGISTRY)


def test_init__does_not_replace_unless_told(tmp_path: Path) -> None:
    page = tmp_path / "AGENTS.md"
    assert run("init", "--output", str(page)).exit_code == 0
    assert "pictograph doctor" in page.read_text()
    page.write_text("mine")
    assert run("init", "--output", str(page)).exit_code == 1
    assert page.read_text() == "mine"
    assert run("init", "--output", str(page), "--force").exit_code == 0
    assert page.read_text() != "mine"
