"""`pictograph engines` and `pictograph doctor`, the real program against a stand-in for the hub."""

import json
import os
import subprocess
import sys
from collections.abc import Generator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from tests.hub_stand_in import HubStandIn, hub_stand_in

from pictograph.cli.doctor import Checkup, ServerState, TrainerState
from pictograph.cli.doctor_report import print_checkup
from pictograph_server.engines.annotators.availability import AnnotatorState
from pictograph_server.engines.annotators.base import Capability
from pictograph_server.engines.machine import Gpu, Machine

pytest.importorskip("huggingface_hub")

SMALL = {"config.json": b"{}", "preprocessor_config.json": b"{}", "tokenizer.json": b"{}", "README.md": b"no"}
REPOSITORIES = {
    "IDEA-Research/grounding-dino-tiny": {**SMALL, "model.safetensors": os.urandom(1_500_000)},
    "facebook/sam2.1-hiera-tiny": {**SMALL, "model.safetensors": os.urandom(1_200_000), "sam2.1.pt": b"no"},
}


@pytest.fixture
def hub() -> Generator[HubStandIn]:
    with hub_stand_in(HubStandIn(REPOSITORIES)) as running:
        yield running


def pictograph(*arguments: str, hub: HubStandIn, home: Path) -> "subprocess.CompletedProcess[str]":
    """Run the program as somebody without a login, a key or a cache."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "PICTOGRAPH_"))}
    environment = kept | {"HF_ENDPOINT": hub.url, "HF_HOME": str(home / "hf"), "HOME": str(home), "COLUMNS": "200"}
    command = [sys.executable, "-c", "from pictograph.cli import main; main()", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def test_pull__into_a_folder_for_a_machine_without_the_hub(hub: HubStandIn, tmp_path: Path) -> None:
    done = pictograph("engines", "pull", "grounded-sam2", "--to", str(tmp_path / "here"), hub=hub, home=tmp_path)
    assert done.returncode == 0, done.stderr
    for repository, files in REPOSITORIES.items():
        folder = tmp_path / "here" / repository.partition("/")[2]
        assert (folder / "model.safetensors").read_bytes() == files["model.safetensors"]
        names = {file.name for file in folder.iterdir() if file.is_file()}
        assert names == {"config.json", "preprocessor_config.json", "tokenizer.json", "model.safetensors"}
    assert f"PICTOGRAPH_ANNOTATOR={tmp_path / 'here'} pictograph up" in done.stdout
    sent = hub.sent_bytes
    again = pictograph("engines", "pull", "grounded-sam2", "--to", str(tmp_path / "here"), hub=hub, home=tmp_path)
    assert again.returncode == 0 and hub.sent_bytes - sent < 10_000


def test_pull__into_the_cache_makes_it_ready(hub: HubStandIn, tmp_path: Path) -> None:
    assert pictograph("engines", "pull", "grounded-sam2", hub=hub, home=tmp_path).returncode == 0
    listed = pictograph("engines", "list", "--json", hub=hub, home=tmp_path)
    states = {each["name"]: each for each in json.loads(listed.stdout)}
    assert states["grounded-sam2"]["is_here"] and not states["owlv2"]["is_here"]


def test_pull__what_may_not_be_had_is_said_before_anything_is_sent(hub: HubStandIn, tmp_path: Path) -> None:
    hub.status, hub.headers = 401, {"X-Error-Code": "GatedRepo"}
    done = pictograph("engines", "pull", "sam3", hub=hub, home=tmp_path)
    assert done.returncode == 1 and "nobody is logged in" in done.stderr and "its own terms" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("Fix: Accept the licence")
    assert not any(each.startswith("GET /facebook") for each in hub.asked)


@pytest.mark.parametrize(("name", "words"), [("tiny", "ships with the platform"), ("yolo9000", "no such annotator")])
def test_pull__what_cannot_be_fetched(hub: HubStandIn, tmp_path: Path, name: str, words: str) -> None:
    done = pictograph("engines", "pull", name, hub=hub, home=tmp_path)
    assert done.returncode == 2 and words in done.stderr and "sam3, grounded-sam2, owlv2" in done.stderr
    assert hub.asked == []


def test_list__shows_what_can_be_fetched(hub: HubStandIn, tmp_path: Path) -> None:
    done = pictograph("engines", "list", hub=hub, home=tmp_path)
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert "846.0 MB to fetch" in lines["grounded-sam2"] or "0.8 GB to fetch" in lines["grounded-sam2"]
    assert "not to be had" in lines["sam3"] and "here" in lines["tiny"]


def test_doctor__says_what_works_and_what_to_do(hub: HubStandIn, tmp_path: Path) -> None:
    done = pictograph("doctor", hub=hub, home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "✗ sam3" in done.stdout and "hf auth login" in done.stdout
    assert "• grounded-sam2" in done.stdout and "its first use fetches" in done.stdout
    assert "✓ tiny" in done.stdout and "✓ yolox" in done.stdout
    assert "is grounded-sam2@grounding-dino-tiny+sam2.1-hiera-tiny" in done.stdout
    assert "No API key was given" in done.stdout


def test_doctor__json_is_the_whole_checkup(hub: HubStandIn, tmp_path: Path) -> None:
    document = json.loads(pictograph("doctor", "--json", hub=hub, home=tmp_path).stdout)
    assert document["can_label"] and document["machine"]["cores"] >= 1 and document["free_bytes"]
    assert {each["name"] for each in document["annotators"]} == {"sam3", "grounded-sam2", "owlv2", "tiny"}
    assert document["server"]["is_reachable"] is False


def test_report__a_machine_on_which_nothing_can_label() -> None:
    sam3 = AnnotatorState(
        name="sam3",
        title="SAM 3",
        summary="phrases",
        checkpoint="facebook/sam3",
        is_available=False,
        is_here=False,
        download_bytes=1,
        capabilities=frozenset({Capability.TEXT}),
        license="SAM License",
        is_licensed_separately=True,
        why_not="SAM 3 cannot run here: the package torch is missing",
        fix="Install what it needs: pip install 'pictograph[sam3]'",
    )
    checkup = Checkup(
        can_label=False,
        auto=None,
        configured="auto",
        machine=Machine("a processor", 8, 32_000_000_000, True, (Gpu("a card", 24_000_000_000, "bfloat16"),), "2.15"),
        annotators=[sam3],
        trainers=[TrainerState("yolox", "object_detection", False, "torch not installed", "pip install it")],
        missing_packages={"sam3": ["torch>=2.10"], "server": []},
        free_bytes={"/somewhere": 74_000_000_000},
        server=ServerState("http://box:8000", is_reachable=True),
        problems=["PICTOGRAPH_ANNOTATOR is 'x'. There is no such annotator"],
    )
    console = Console(width=200, record=True, file=StringIO())
    print_checkup(checkup, console)
    text = console.export_text()
    for words in (
        "the package torch is missing",
        "pip install 'pictograph[sam3]'",
        "8 cores, 32.0 GB of memory, AMX",
        "a card, 24.0 GB, computes in bfloat16",
        "74.0 GB free for weights in /somewhere",
        "sam3           lacks torch>=2.10",
        "http://box:8000 answers and takes the key",
        "PICTOGRAPH_ANNOTATOR is 'x'",
        "Nothing can label on this machine.",
    ):
        assert words in text
