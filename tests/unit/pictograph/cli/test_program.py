"""The program as a whole: version, help, missing key, missing extra, login."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import pictograph
from pictograph.cli.app import app

NO_ENVIRONMENT = {"PICTOGRAPH_API_KEY": "", "PICTOGRAPH_BASE_URL": ""}


def test_version__of_the_package() -> None:
    assert CliRunner().invoke(app, ["--version"]).stdout == f"pictograph {pictograph.__version__}\n"


@pytest.mark.parametrize(
    "group",
    [
        "datasets",
        "images",
        "annotations",
        "auto-annotate",
        "exports",
        "train",
        "models",
        "metrics",
        "credits",
        "pipeline",
    ],
)
def test_help__names_every_group(group: str) -> None:
    assert group in CliRunner().invoke(app, ["--help"]).stdout
    assert CliRunner().invoke(app, [group, "--help"]).exit_code == 0


def test_missing_key__is_wrong_usage_and_says_what_to_do(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["credits", "balance"], env=NO_ENVIRONMENT | {"HOME": str(tmp_path)})
    assert (result.exit_code, result.stdout) == (2, "")
    assert "pictograph login" in result.stderr.splitlines()[-1]


def test_unknown_command__is_wrong_usage() -> None:
    assert CliRunner().invoke(app, ["dataset", "list"]).exit_code == 2


def test_login__writes_a_file_only_the_user_reads(tmp_path: Path) -> None:
    key = "pk_live_" + "x" * 32
    result = CliRunner().invoke(
        app, ["login", "--api-key", key, "--base-url", "http://box:8000/"], env={"HOME": str(tmp_path)}
    )
    file = tmp_path / ".pictograph" / "config.toml"
    assert result.exit_code == 0, result.stderr
    assert key in file.read_text()
    assert "http://box:8000" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert key not in result.output


def test_login__asks_for_the_key_and_warns_of_a_strange_one(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["login"], input="secret\n", env={"HOME": str(tmp_path)})
    assert result.exit_code == 0
    assert "pk_live_" in result.stderr


def test_main__says_how_to_install_typer() -> None:
    program = "import sys; sys.modules['typer'] = None\nfrom pictograph.cli import main\nmain()"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "pip install 'pictograph[cli]'" in result.stderr


def test_up__says_how_to_install_the_server() -> None:
    program = "import sys; sys.modules['fastapi'] = None; sys.argv = ['pictograph', 'up']\n"
    program += "from pictograph.cli import main\nmain()"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert (
        result.stderr.splitlines()[-1]
        == "Fix: pip install 'pictograph[server,sam3,train]'; in a clone, pip install '.[all]'"
    )
