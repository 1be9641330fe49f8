"""Accounts on a real server: the link that `up` prints, the one of the operator, and a second organisation."""

import http.cookiejar
import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from examples.local_server import LocalServer

from pictograph import Client

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PROGRAM = Path(sys.executable).with_name("pictograph")


class Browser:
    """Keeps cookies, says which site its pages are of, and takes pages."""

    def __init__(self, server: LocalServer) -> None:
        self._base_url = server.base_url
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def open(self, url: str, body: bytes | None = None) -> tuple[int, str]:
        headers = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html, application/json"}
        request = urllib.request.Request(url, body, headers, method="GET" if body is None else "POST")
        try:
            with self._opener.open(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()

    def session(self) -> dict[str, object]:
        status, text = self.open(f"{self._base_url}/api/v1/session")
        assert status == 200, text
        return json.loads(text)["session"]


def run(server: LocalServer, *arguments: str) -> str:
    done = subprocess.run(
        [PROGRAM, *arguments, "--data", server.data],
        env=server.client_environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_up__prints_a_link_that_lets_the_owner_in_once(server: LocalServer) -> None:
    link = re.findall(r"sign in +(\S+)", server.log_file.read_text())[-1]
    assert link.startswith(f"{server.base_url}/login/")
    owner, late = Browser(server), Browser(server)
    assert owner.open(link)[0] == 200
    assert owner.open(link, b"")[0] == 200
    organization = owner.session()["organization"]
    assert isinstance(organization, dict) and organization["role"] == "owner"
    assert late.open(link, b"")[0] == 400


def test_operator__makes_a_second_organisation_while_the_server_runs(server: LocalServer, client: Client) -> None:
    made = json.loads(run(server, "organizations", "create", "Second", "--email", "carla@example.org", "--json"))
    client.projects.create("only in the first")
    with Client(made["api_key"], base_url=server.base_url) as second:
        assert second.organizations.me().name == "Second"
        assert second.datasets.list() == []
    link = run(server, "login-link", "--email", "carla@example.org").strip()
    carla = Browser(server)
    assert carla.open(link, b"")[0] == 200
    organization = carla.session()["organization"]
    assert isinstance(organization, dict) and organization["slug"] == made["slug"]
    assert made["slug"] in run(server, "organizations", "list")
