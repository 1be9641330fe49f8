"""Every resource of the hosted service's own client, unmodified, against our server: what goes in comes back."""

import re
import subprocess
from pathlib import Path

import pytest
from examples.local_server import LocalServer
from tests.unit.pictograph.test_surface import SURFACE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PROGRAMS = sorted((Path(__file__).parent / "hosted").glob("*.py"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_hosted_client__resource(
    program: Path, server: LocalServer, hosted_python: Path, signs: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [hosted_python, program, signs, tmp_path],
        env=server.client_environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, f"{done.stderr}\n--- server\n{server.log_tail(40)}"


def test_hosted_client__no_method_is_left_out() -> None:
    methods = {line.partition("(")[0] for line in SURFACE.strip().splitlines()}
    called = {
        f"{resource}.{method}"
        for program in PROGRAMS
        for resource, method in re.findall(r"\bclient\.(\w+)\.(\w+)\b", program.read_text())
    }
    assert sorted(methods - called) == []
