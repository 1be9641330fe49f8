"""What the hub can do to us: each failure known within five seconds, in words that say what to do (R15).

The real library against a stand-in, in a process of its own, for it reads its environment once.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.hub_stand_in import HubStandIn, hub_stand_in

from pictograph_server.engines.annotators import availability
from pictograph_server.engines.annotators.checkpoints import hub
from pictograph_server.engines.annotators.checkpoints.catalogue import GROUNDING_DINO, SAM2, SAM3, Repository
from pictograph_server.engines.annotators.checkpoints.download import check_room
from pictograph_server.engines.errors import EngineUnavailable

pytest.importorskip("huggingface_hub")

WEIGHTS = os.urandom(12_000_000)
CONFIG = b'{"model_type": "sam3_video"}'
FILES = {
    "config.json": CONFIG,
    "processor_config.json": b"{}",
    "tokenizer.json": b"{}",
    "model.safetensors": WEIGHTS,
    "sam3.pt": b"the same weights in another form",
}
PROGRAM = """
import json, resource, sys, time
import huggingface_hub
from pictograph_server.engines.annotators import availability
from pictograph_server.engines.annotators.checkpoints import weights
from pictograph_server.engines.errors import EngineUnavailable
how, checkpoint, most_bytes = sys.argv[1], sys.argv[2], int(sys.argv[3])
if most_bytes:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
started = time.monotonic()
try:
    answer = {"found": str(weights.locate(checkpoint) if how == "locate" else availability.find(checkpoint).engine)}
except EngineUnavailable as error:
    answer = {"what": error.what, "why": error.why, "fix": error.fix}
now = time.monotonic()
print(json.dumps({**answer, "seconds": now - started, "at": now, "torch": "torch" in sys.modules}))
"""


def ask(
    place: Path,
    url: str,
    *,
    how: str = "locate",
    checkpoint: str = SAM3.id,
    most_bytes: int = 0,
    token: str = "",
    is_offline: bool = False,
) -> dict[str, str | float | bool]:
    """Look for a checkpoint in a new process whose hub is at `url` and whose cache is in `place`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
    mine = {"HF_ENDPOINT": url, "HF_HOME": str(place), "HF_TOKEN": token, "HF_HUB_OFFLINE": str(int(is_offline))}
    command = [sys.executable, "-c", PROGRAM, how, checkpoint, str(most_bytes)]
    done = subprocess.run(command, env=inherited | mine, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Row(NamedTuple):
    hub: HubStandIn
    why: str
    fix: str
    token: str = ""


GATED, NO_REPOSITORY = {"X-Error-Code": "GatedRepo"}, {"X-Error-Code": "RepoNotFound"}
BAD_TOKEN = {"X-Error-Message": "Invalid credentials in Authorization header"}
ROWS = {
    "gated, nobody logged in": Row(HubStandIn(status=401, headers=GATED), "nobody is logged in", "hf auth login"),
    "licence not accepted": Row(HubStandIn(status=403, headers=GATED), "not accepted", "Accept the licence", "hf_x"),
    "no such repository": Row(HubStandIn(status=401, headers=NO_REPOSITORY), "no such repository", "Check the name"),
    "bad token": Row(HubStandIn(status=401, headers=BAD_TOKEN), "refuses this machine's token", "HF_TOKEN", "hf_x"),
    "token without the right": Row(HubStandIn(status=403), "token may not read it", "gated repositories", "hf_x"),
    "down": Row(HubStandIn(status=503), "the hub answered 503", "engines pull"),
    "silent": Row(HubStandIn(is_silent=True), "no answer within 3.5 s", "engines pull"),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_locate__the_hub_refuses(row: Row, tmp_path: Path):
    with hub_stand_in(row.hub):
        answer = ask(tmp_path, row.hub.url, token=row.token)
    assert answer["what"] == "The weights of facebook/sam3 cannot be downloaded"
    assert row.why in str(answer["why"]) and row.fix in str(answer["fix"])
    assert float(answer["seconds"]) < 5 and answer["torch"] is False


def test_locate__nobody_listens(tmp_path: Path):
    answer = ask(tmp_path, "http://127.0.0.1:9")
    assert "cannot be reached from this machine (ConnectError)" in str(answer["why"])
    assert "PICTOGRAPH_ANNOTATOR" in str(answer["fix"]) and float(answer["seconds"]) < 5


def test_locate__offline_mode_sends_nothing(tmp_path: Path):
    with hub_stand_in(HubStandIn()) as silent:
        answer = ask(tmp_path, silent.url, is_offline=True)
    assert "HF_HUB_OFFLINE" in str(answer["why"]) and silent.asked == [] and float(answer["seconds"]) < 5


def test_locate__missing_folder(tmp_path: Path):
    answer = ask(tmp_path, "http://127.0.0.1:9", checkpoint="/nowhere/at/all")
    assert answer["why"] == "there is no such folder" and float(answer["seconds"]) < 5


def test_locate__fetches_what_is_read_and_nothing_else_then_asks_no_more(tmp_path: Path):
    with hub_stand_in(HubStandIn({SAM3.id: FILES})) as generous:
        folder = Path(str(ask(tmp_path, generous.url)["found"]))
        assert sorted(file.name for file in folder.iterdir()) == sorted(FILES.keys() - {"sam3.pt"})
        assert (folder / "model.safetensors").read_bytes() == WEIGHTS
        generous.asked.clear()
        assert ask(tmp_path, generous.url)["found"] == str(folder) and generous.asked == []


def test_locate__no_room_for_a_file(tmp_path: Path):
    with hub_stand_in(HubStandIn({SAM3.id: FILES})) as generous:
        answer = ask(tmp_path, generous.url, most_bytes=1_000_000)
    assert answer["what"] == "The weights of facebook/sam3 cannot be stored"
    assert "no room left" in str(answer["why"]) and "larger disk" in str(answer["fix"])
    assert float(answer["seconds"]) < 5


def test_check_room__a_disk_that_is_too_small(tmp_path: Path):
    huge = Repository("owner/huge", ("huge",), 10**18, "none")
    with pytest.raises(EngineUnavailable, match=r"1000000000\.0 GB more are needed and .* are free") as caught:
        check_room(huge, tmp_path / "not" / "yet")
    assert caught.value.fix is not None and "HF_HOME" in caught.value.fix


def test_locate__a_broken_download_is_known_within_five_seconds_and_goes_on_where_it_broke(tmp_path: Path):
    breaking = HubStandIn({SAM3.id: FILES}, breaks_after=11_000_000, goes_away=True)
    with hub_stand_in(breaking):
        answer = ask(tmp_path, breaking.url)
    assert "the download broke off" in str(answer["why"]) and "it goes on" in str(answer["fix"])
    assert 0 < float(answer["at"]) - breaking.broke_at < 5
    with hub_stand_in(HubStandIn({SAM3.id: FILES})) as whole:
        folder = Path(str(ask(tmp_path, whole.url)["found"]))
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert whole.sent_bytes < 3_000_000


PAIR = {
    GROUNDING_DINO.id: {"config.json": b'{"model_type": "grounding-dino"}'},
    SAM2.id: {"config.json": b'{"model_type": "sam2_video"}'},
}


def test_auto__takes_what_the_hub_hands_out_to_everybody(tmp_path: Path):
    with hub_stand_in(HubStandIn({**PAIR, SAM3.id: FILES})) as generous:
        without = ask(tmp_path, generous.url, how="find", checkpoint="auto")
        assert without["found"] == "grounded-sam2@grounding-dino-tiny+sam2.1-hiera-tiny"
        # Nobody is logged in: the gated one is not even asked for.
        assert not any("sam3" in each for each in generous.asked)
        with_login = ask(tmp_path, generous.url, how="find", checkpoint="auto", token="hf_x")
    assert with_login["found"] == "sam3@facebook/sam3"


def test_auto__out_of_reach_ends_at_the_one_that_ships(tmp_path: Path):
    with hub_stand_in(HubStandIn(is_silent=True)) as silent:
        answer = ask(tmp_path, silent.url, how="find", checkpoint="auto", token="hf_x")
    assert answer["found"] == "sam3@pictograph-tiny" and float(answer["seconds"]) < 5


def test_ask_hub__only_the_first_waits_for_a_silent_hub(monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []

    def silence(repository: str, patience_s: float) -> hub.Refusal:
        asked.append(repository)
        return hub.out_of_reach(repository, "cut off")

    monkeypatch.setattr(hub, "_refusal", silence)
    monkeypatch.setattr(hub, "_news", hub._News())  # pyright: ignore[reportPrivateUsage]
    for repository in ("a/b", "c/d"):
        with pytest.raises(EngineUnavailable, match=r"cannot be reached from this machine \(cut off\)"):
            hub.ask_hub(repository)
    assert asked == ["a/b"]


def test_survey__says_of_each_annotator_how_it_stands(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(availability.weights, "cached_folder", lambda _: None)  # pyright: ignore[reportUnknownLambdaType]
    monkeypatch.setattr(availability.weights, "is_logged_in", lambda: False)
    monkeypatch.setattr(availability, "ask_hub_for", lambda ids: [None for _ in ids])  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType, reportUnknownVariableType]
    states = {each.name: each for each in availability.survey()}
    assert list(states) == ["sam3", "grounded-sam2", "owlv2", "tiny"]
    assert not states["sam3"].is_available and states["sam3"].is_licensed_separately
    assert states["sam3"].fix is not None and "hf auth login" in states["sam3"].fix
    assert states["grounded-sam2"].is_available and not states["grounded-sam2"].is_here
    assert states["grounded-sam2"].download_bytes == GROUNDING_DINO.size_bytes + SAM2.size_bytes
    assert states["tiny"].is_here and states["tiny"].download_bytes == 0
