"""Where a run's first weights come from: a folder, the network, or nowhere, in words and within five seconds."""

import hashlib
import os
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from pictograph_server.engines import downloads
from pictograph_server.engines.errors import Cancelled, EngineUnavailable
from pictograph_server.engines.trainers import weights
from pictograph_server.engines.trainers.base import EpochReport, Prepared, TrainingConfig
from pictograph_server.engines.trainers.weights import Published, fill, starting_weights

CONTENT = os.urandom(5_000_000)


@dataclass
class ListeningRun:
    workdir: Path
    weights_folders: tuple[Path, ...] = ()
    said: list[str] = field(default_factory=list[str])
    cancels_after: int = 10**9
    calls: int = 0

    def raise_if_cancelled(self) -> None:
        self.calls += 1
        if self.calls > self.cancels_after:
            raise Cancelled

    def say(self, message: str) -> None:
        self.said.append(message)

    def begins(self, data: Prepared, *, started_from: str | None) -> None:
        raise AssertionError

    def report(self, report: EpochReport) -> None:
        raise AssertionError

    def goes_on(self, reports: Sequence[EpochReport]) -> None:
        raise AssertionError

    def device_used(self, device: str) -> None:
        raise AssertionError


@dataclass
class Publisher:
    """A web server with one file; hangs up after `breaks_after` bytes of an answer, or says nothing at all."""

    url: str = ""
    status: int = 200
    breaks_after: int | None = None
    is_silent: bool = False
    ranges: list[str] = field(default_factory=list[str])
    sent_bytes: int = 0


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Generator[Publisher]:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    state, release = Publisher(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            if state.is_silent:
                release.wait(20)
                return
            self._head(state.status, len(CONTENT))

        def do_GET(self) -> None:
            asked = self.headers.get("Range", "bytes=0-")
            state.ranges.append(asked)
            start = int(asked.removeprefix("bytes=").partition("-")[0])
            self._head(206 if start else 200, len(CONTENT) - start)
            content = CONTENT[start:][: state.breaks_after]
            self.wfile.write(content)
            state.sent_bytes += len(content)

        def _head(self, status: int, size: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(size))
            self.send_header("ETag", '"v1"')
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}/release/nano.pth"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield state
    release.set()
    server.shutdown()
    server.server_close()


def a_run(folder: Path) -> ListeningRun:
    (folder / "work").mkdir()
    return ListeningRun(folder / "work", (folder / "operator", folder / "cache"))


def published(url: str, *, sha256: str | None = None) -> Published:
    return Published("Nano, COCO", url, "Apache-2.0", sha256)


PRETRAINED = TrainingConfig(weights="pretrained")


@pytest.mark.parametrize(
    ("config", "on_gpu", "words"),
    [
        (TrainingConfig(), False, "On a CPU that is the default"),
        (TrainingConfig(weights="scratch"), True, ""),
    ],
    ids=["cpu", "scratch"],
)
def test_starting_weights__random_ones(tmp_path: Path, config: TrainingConfig, on_gpu: bool, words: str) -> None:
    run = a_run(tmp_path)
    assert starting_weights(config, published("http://127.0.0.1:9/x.pth"), run, on_gpu=on_gpu) is None
    assert words in " ".join(run.said)


def test_starting_weights__file_in_the_runs_folder(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    (run.workdir / "signs.safetensors").touch()
    found = starting_weights(TrainingConfig(weights=Path("signs.safetensors")), None, run, on_gpu=False)
    assert found == run.workdir / "signs.safetensors"


def test_starting_weights__file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match=r"There are no weights at 'x\.pth'"):
        starting_weights(TrainingConfig(weights=Path("/nowhere/x.pth")), None, a_run(tmp_path), on_gpu=False)


def test_starting_weights__operators_folder_comes_first(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    for folder in run.weights_folders:
        folder.mkdir()
        (folder / "nano-coco.pth").touch()
    found = starting_weights(PRETRAINED, published("http://127.0.0.1:9/nano.pth"), run, on_gpu=False)
    assert found == tmp_path / "operator" / "nano-coco.pth"


def test_starting_weights__another_file_of_that_name_is_refused(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "nano-coco.pth").write_bytes(b"other")
    with pytest.raises(EngineUnavailable, match="not the published file"):
        starting_weights(PRETRAINED, published("http://127.0.0.1:9/n.pth", sha256="0" * 64), run, on_gpu=False)


def test_starting_weights__fetched_once_into_the_cache(tmp_path: Path, publisher: Publisher) -> None:
    wanted = published(publisher.url, sha256=hashlib.sha256(CONTENT).hexdigest())
    run = a_run(tmp_path)
    found = starting_weights(PRETRAINED, wanted, run, on_gpu=False)
    assert found is not None and found == tmp_path / "cache" / "nano-coco.pth"
    assert found.read_bytes() == CONTENT
    assert run.said == ["Fetching Nano, COCO (5.0 MB; Apache-2.0)."]
    assert starting_weights(PRETRAINED, wanted, run, on_gpu=False) == found
    assert publisher.ranges == ["bytes=0-"]
    assert [file.name for file in found.parent.iterdir()] == ["nano-coco.pth"]


def test_starting_weights__progress_is_said(
    tmp_path: Path, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "_SAY_EVERY_S", 0.0)
    run = a_run(tmp_path)
    starting_weights(PRETRAINED, published(publisher.url), run, on_gpu=False)
    assert any(words.endswith(" % of 5.0 MB.") for words in run.said)


def test_starting_weights__goes_on_where_the_line_broke(tmp_path: Path, publisher: Publisher) -> None:
    publisher.breaks_after = 2_000_000
    found = starting_weights(PRETRAINED, published(publisher.url), a_run(tmp_path), on_gpu=False)
    assert found is not None and found.read_bytes() == CONTENT
    assert publisher.ranges == ["bytes=0-", "bytes=2000000-", "bytes=4000000-"]
    assert publisher.sent_bytes == len(CONTENT)


def test_starting_weights__broken_for_good_goes_on_the_next_time(tmp_path: Path, publisher: Publisher) -> None:
    run = a_run(tmp_path)
    run.cancels_after = 0
    with pytest.raises(Cancelled):
        starting_weights(PRETRAINED, published(publisher.url), run, on_gpu=False)
    assert not (tmp_path / "cache" / "nano-coco.pth").exists()
    run.cancels_after = 10**9
    assert starting_weights(PRETRAINED, published(publisher.url), run, on_gpu=False) is not None
    assert publisher.ranges[1] != "bytes=0-"


def test_starting_weights__what_arrives_is_checked(tmp_path: Path, publisher: Publisher) -> None:
    with pytest.raises(EngineUnavailable, match="what arrived is not what was published"):
        starting_weights(PRETRAINED, published(publisher.url, sha256="0" * 64), a_run(tmp_path), on_gpu=False)
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("how", ["silent", "nobody", "missing"])
def test_starting_weights__out_of_reach_is_known_in_five_seconds(
    tmp_path: Path, publisher: Publisher, how: str
) -> None:
    publisher.is_silent, publisher.status = how == "silent", 404 if how == "missing" else 200
    url = "http://127.0.0.1:9/nano.pth" if how == "nobody" else publisher.url
    started = time.monotonic()
    with pytest.raises(EngineUnavailable) as caught:
        starting_weights(PRETRAINED, published(url), a_run(tmp_path), on_gpu=False)
    assert time.monotonic() - started < 5
    assert {"silent": "no answer", "nobody": "cannot be reached", "missing": "answered 404"}[how] in str(caught.value)
    assert caught.value.fix is not None
    assert "PICTOGRAPH_WEIGHTS_DIR as nano-coco.pth" in caught.value.fix and "scratch" in caught.value.fix


def test_starting_weights__offline_sends_nothing(
    tmp_path: Path, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "is_offline", lambda: True)
    publisher.is_silent = True
    started = time.monotonic()
    with pytest.raises(EngineUnavailable, match="HF_HUB_OFFLINE"):
        starting_weights(PRETRAINED, published(publisher.url), a_run(tmp_path), on_gpu=False)
    assert time.monotonic() - started < 1


def test_starting_weights__auto_says_when_it_begins_from_nothing_and_keeps_to_it(
    tmp_path: Path, publisher: Publisher
) -> None:
    publisher.status = 503
    run = a_run(tmp_path)
    assert starting_weights(TrainingConfig(), published(publisher.url), run, on_gpu=True) is None
    assert "Starting from random weights" in run.said[0] and "answered 503" in run.said[0]
    # The run was killed, and meanwhile the weights are to be had: it goes on as it began.
    publisher.status = 200
    assert starting_weights(TrainingConfig(), published(publisher.url), run, on_gpu=True) is None
    assert publisher.ranges == []


def test_starting_weights__auto_on_a_gpu_takes_the_published(tmp_path: Path, publisher: Publisher) -> None:
    found = starting_weights(TrainingConfig(), published(publisher.url), a_run(tmp_path), on_gpu=True)
    assert found == tmp_path / "cache" / "nano-coco.pth"


def test_starting_weights__auto_says_that_none_are_published(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    assert starting_weights(TrainingConfig(), None, run, on_gpu=True) is None
    assert run.said == ["Starting from random weights. Its makers published none for this network."]


def test_starting_weights__none_are_published(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="its makers published none"):
        starting_weights(PRETRAINED, None, a_run(tmp_path), on_gpu=True)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.org/v1/yolox_nano.pth", "nano-coco.pth"),
        ("hf://timm/resnet18.a1_in1k/model.safetensors", "nano-coco.safetensors"),
        ("https://example.org/w.pkl?download=1", "nano-coco.pkl"),
    ],
)
def test_published__filename(url: str, name: str) -> None:
    assert published(url).filename == name


def test_hub_address__file_and_revision(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[tuple[str, str, str]] = []

    def describe(repository: str, filename: str, *, revision: str, **_: object) -> downloads.RemoteFile:
        asked.append((repository, filename, revision))
        raise downloads.OutOfReach("enough is known")

    monkeypatch.setattr(weights, "describe_on_hub", describe)
    monkeypatch.setattr(weights, "is_offline", lambda: False)
    with pytest.raises(EngineUnavailable, match=r"sub/w\.safetensors of owner/net on the hub"):
        starting_weights(PRETRAINED, published("hf://owner/net@abc/sub/w.safetensors"), a_run(tmp_path), on_gpu=False)
    assert asked == [("owner/net", "sub/w.safetensors", "abc")]


def test_fill__head_for_other_classes_stays_fresh_and_is_said() -> None:
    def network(classes: int) -> torch.nn.Module:
        return torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(4, classes))

    old, new = network(3), network(2)
    head = new.state_dict()["1.weight"].clone()
    words = fill(new, old.state_dict(), name="signs")
    assert words == "Started from signs: 2 of 4 layers fit; fresh ones, as for other classes: 1.weight, 1.bias."
    assert torch.equal(new.state_dict()["0.weight"], old.state_dict()["0.weight"])
    assert torch.equal(new.state_dict()["1.weight"], head)
