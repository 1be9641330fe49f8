"""The operator's commands, on the data of a server."""

import json

from tests.conftest import make_organization
from typer.testing import CliRunner, Result

from pictograph.cli.app import app
from pictograph_server.platform import Platform


def run(platform: Platform, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--data", str(platform.settings.data_dir)])


def test_login_link__is_one_line(platform: Platform, organization_id: str) -> None:
    result = run(platform, "login-link", "--base-url", "https://x.example")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("https://x.example/login/")
    assert len(result.stdout.splitlines()) == 1


def test_login_link__for_nobody_says_so(platform: Platform, organization_id: str) -> None:
    result = run(platform, "login-link", "--email", "nobody@example.org")
    assert result.exit_code == 1
    assert "Nobody here has the address" in str(result.exception)


def test_organizations_create__prints_the_key_and_the_link(platform: Platform) -> None:
    made = json.loads(run(platform, "organizations", "create", "Second", "--json").stdout)
    assert set(made) == {"id", "slug", "api_key", "login_link"}
    told = run(platform, "organizations", "create", "Third").stdout
    assert "pk_live_" in told and "/login/" in told


def test_organizations_list__names_all(platform: Platform, organization_id: str) -> None:
    make_organization(platform, "Second")
    assert [line["name"] for line in json.loads(run(platform, "organizations", "list", "--json").stdout)] == [
        "Test",
        "Second",
    ]
    assert "Second  (1 member)" in run(platform, "organizations", "list").stdout
