"""`full_pipeline` called again while the training of an earlier call is under way: it waits, and pays for one."""

from pathlib import Path
from typing import Any

import pytest
from tests.unit.pictograph import wire
from tests.unit.pictograph.resources.test_pipelines import pipeline_run
from tests.unit.pictograph.wire import API
from tests.unit.pictograph.workflows.fake_server import FakeServer
from tests.unit.pictograph.workflows.test_pipeline import run

from pictograph._http.mock import Call, Reply
from pictograph.exceptions import ApiError, PollTimeoutError, ServerError
from pictograph.workflows.progress import Progress


class BusyServer(FakeServer):
    """A server on which an earlier call's training `r0` is under way, on version `v1` of the dataset."""

    def __init__(self) -> None:
        super().__init__()
        self.version = "v1"
        self.settings: dict[str, Any] = {"pipeline": "yolox", "gpu": "a10g"}
        self.states = ["running", "running", "running", "completed"]
        on = self.api.on
        on("POST", f"{API}/pipelines/", pipeline_run(driver="client"))
        on("POST", f"{API}/pipelines/p1/report", pipeline_run(driver="client"))
        on("GET", f"{API}/pipelines/", self._list)
        on("POST", f"{API}/exports/", self._export_of_version)
        on("GET", f"{API}/training/r0", self._earlier)

    def _list(self, call: Call) -> Any:
        train = {"run_id": "r0", "run_ids": ["r0"], "status": self.states[0]}
        mine = pipeline_run(driver="client")["pipeline_run"]
        earlier = {**mine, "id": "p0", "settings": self.settings, "train": train}
        return {"pipeline_runs": [mine, earlier]}

    def _export_of_version(self, call: Call) -> Any:
        answer = self._export(call)
        name = call.json["name"]
        done = wire.export(name, dataset_version_id=self.version)
        self.api.on("GET", f"{API}/exports/signs/{name}", {"export": done})
        self.api.on("DELETE", f"{API}/exports/signs/{name}", Reply(204))
        return answer

    def _earlier(self, call: Call) -> Any:
        status = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        model_id = "m1" if status == "completed" else None
        found = wire.run("r0", status, name="first", dataset_version_id="v1", model_id=model_id)
        return {"training_run": found}

    @property
    def exports(self) -> list[bool]:
        """For each export that was asked for, whether it holds images: those hold what is trained on."""
        return [call.json["include_images"] for call in self.made("POST", "/exports/")]


@pytest.fixture
def busy() -> BusyServer:
    return BusyServer()


def test_again__waits_for_the_training_under_way(busy: BusyServer, folder: Path) -> None:
    report = run(busy, folder)
    assert (busy.made("POST", "/training/"), busy.exports) == ([], [False])
    assert report.training_run is not None
    assert report.model is not None
    assert (report.success, report.training_run.id, report.model.id) == (True, "r0", "m1")
    assert "first was under way already" in report.remarks[0]
    assert report.remarks[0] in str(report)
    assert {"training_run_id": "r0"} in [call.json for call in busy.made("POST", "/pipelines/p1/report")]


def test_again__what_the_look_made_is_gone(busy: BusyServer, folder: Path) -> None:
    run(busy, folder)
    (name,) = busy.export_names
    assert len(busy.made("DELETE", f"/exports/signs/{name}")) == 1


def test_again__who_may_not_delete_exports_waits_too(busy: BusyServer, folder: Path) -> None:
    def refused(call: Call) -> Any:
        answer = busy._export_of_version(call)  # pyright: ignore[reportPrivateUsage]
        busy.api.on("DELETE", f"{API}/exports/signs/{call.json['name']}", Reply(403, json={"detail": "no"}))
        return answer

    busy.api.on("POST", f"{API}/exports/", refused)
    assert run(busy, folder).success is True
    assert busy.made("POST", "/training/") == []


@pytest.mark.parametrize("status", ["pending", "queued"])
def test_again__a_training_that_has_not_begun_is_under_way(busy: BusyServer, folder: Path, status: str) -> None:
    busy.states[0] = status
    run(busy, folder)
    assert busy.made("POST", "/training/") == []


def test_again__shows_how_far_it_is(busy: BusyServer, folder: Path) -> None:
    seen: list[Progress] = []
    run(busy, folder, progress=seen.append)
    assert [state.message for state in seen if state.stage == "train"] == ["running", "completed"]


def test_again__changed_since_trains_on_what_is_there_now(busy: BusyServer, folder: Path) -> None:
    busy.version = "v2"
    report = run(busy, folder)
    assert len(busy.made("POST", "/training/")) == 1
    assert (busy.exports, report.remarks) == ([False, True], [])
    assert report.training_run is not None
    assert report.training_run.id == "r1"


@pytest.mark.parametrize(
    "settings",
    [
        {"pipeline": "rfdetr_detection"},
        {"pipeline": "yolox", "gpu": "h100"},
        {"pipeline": "yolox", "train_config": {"epochs": 3}},
        {"pipeline": "yolox", "parent_model_id": "m0"},
    ],
    ids=str,
)
def test_again__another_training_is_another(busy: BusyServer, folder: Path, settings: dict[str, Any]) -> None:
    busy.settings = settings
    assert run(busy, folder).remarks == []
    assert (len(busy.made("POST", "/training/")), busy.exports) == (1, [True])


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_again__a_training_that_has_ended_is_not_waited_for(busy: BusyServer, folder: Path, status: str) -> None:
    busy.states = [status]
    assert run(busy, folder).remarks == []
    assert (len(busy.made("POST", "/training/")), busy.exports) == (1, [True])


def test_again__cancelled_while_it_was_looked_at(busy: BusyServer, folder: Path) -> None:
    busy.states = ["running", "cancelled"]
    assert run(busy, folder).remarks == []
    assert len(busy.made("POST", "/training/")) == 1


def test_again__the_training_fails_while_waited_for(busy: BusyServer, folder: Path) -> None:
    busy.states = ["running", "running", "failed"]
    with pytest.raises(ApiError) as caught:
        run(busy, folder)
    report = caught.value.report
    assert (report.training_run.id, report.success, len(report.remarks)) == ("r0", False, 1)


def test_again__waits_as_long_as_it_was_told(busy: BusyServer, folder: Path) -> None:
    busy.states = ["running"]
    with pytest.raises(PollTimeoutError):
        run(busy, folder, train_timeout=20)
    assert busy.made("POST", "/training/") == []


def test_again__without_training_nobody_looks(busy: BusyServer, folder: Path) -> None:
    report = run(busy, folder, train=False)
    assert (report.training_run, busy.made("GET", "/pipelines/"), busy.exports) == (None, [], [])


def test_again__nothing_is_paid_before_it_is_known(busy: BusyServer, folder: Path) -> None:
    busy.api.on("GET", f"{API}/pipelines/", Reply(500, json={"detail": "no"}))
    with pytest.raises(ServerError):
        run(busy, folder)
    assert busy.made("POST", "/training/") == []


def test_again__a_server_without_pipeline_runs_is_not_asked(server: FakeServer, folder: Path) -> None:
    assert run(server, folder).success is True
    assert server.made("GET", "/pipelines/") == []
