import json
import time

import httpx2
import pytest

from pictograph import ApiError, Client
from pictograph._http.events import ALIVE, ServerEvent, read_events
from pictograph._http.mock import Call, MockApi, Reply
from pictograph._http.transport import Transport
from pictograph.models.training import TrainingEpoch

RUN = {
    "id": "r1",
    "organization_id": "o",
    "name": "n",
    "pipeline_type": "yolox",
    "status": "running",
    "created_at": "2026-01-01T00:00:00Z",
}
PATH = "/api/v1/developer/training/r1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("data: 1\n\n", [ServerEvent("message", 1)]),
        ('id: 3\nevent: epoch\ndata: {"a":\ndata: 2}\n\n', [ServerEvent("epoch", {"a": 2}, "3")]),
        (":\n\nevent:end\ndata:{}\n\n", [ALIVE, ServerEvent("end", {})]),
        ("retry: 1000\n\nevent: nothing\n\n", []),
        ("data: 1", []),
    ],
    ids=["data alone", "several lines", "no blanks", "no data", "cut off"],
)
def test_read_events(text: str, expected: list[ServerEvent]) -> None:
    assert list(read_events(text.splitlines())) == expected


def stream(*statuses: str) -> Reply:
    told = [{"training_run": RUN | {"status": status}} for status in statuses]
    lines = "".join(f"event: snapshot\ndata: {json.dumps(each)}\n\n" for each in told)
    return Reply(content=f":\n\n{lines}".encode(), headers={"Content-Type": "text/event-stream; charset=utf-8"})


@pytest.fixture
def api() -> MockApi:
    api = MockApi()
    api.on("GET", PATH, {"training_run": RUN})
    return api


def awake(api: MockApi) -> Client:
    """Return a client that sleeps by the clock, as it does outside tests: then it follows events."""
    sleepless = api.transport()
    transport = Transport(sleepless.config, network=httpx2.MockTransport(api._answer), sleep=time.sleep)  # pyright: ignore[reportPrivateUsage]
    return Client.over(transport)


def test_wait__hears_the_end_without_asking_again(api: MockApi) -> None:
    api.on("GET", f"{PATH}/events", stream("running", "completed"))
    seen: list[str] = []
    run = awake(api).training.wait_for_completion("r1", progress=lambda run: seen.append(run.status))
    assert run.status == "completed"
    assert (seen, len(api.made("GET", PATH))) == (["running", "running", "completed"], 1)


def test_wait__hears_of_a_failure(api: MockApi) -> None:
    api.on("GET", f"{PATH}/events", stream("failed"))
    with pytest.raises(ApiError, match="Training run r1 failed"):
        awake(api).training.wait_for_completion("r1")


@pytest.mark.parametrize(
    "answer",
    [
        Reply(404, json={"detail": "no"}),
        Reply(json={}),
        Reply(content=b"<html>", headers={"Content-Type": "text/html"}),
    ],
    ids=["another server", "JSON", "a proxy's page"],
)
def test_wait__asks_where_nothing_is_told(api: MockApi, answer: Reply) -> None:
    api.on("GET", f"{PATH}/events", answer)
    api.on("GET", PATH, {"training_run": RUN}, {"training_run": RUN}, {"training_run": RUN | {"status": "completed"}})
    assert awake(api).training.wait_for_completion("r1", poll_interval=0.01).status == "completed"
    assert len(api.made("GET", f"{PATH}/events")) == 1


def test_wait__follows_again_when_the_stream_breaks(api: MockApi) -> None:
    api.on("GET", f"{PATH}/events", Reply(error=httpx2.ReadError), stream("running"), stream("completed"))
    assert awake(api).training.wait_for_completion("r1", poll_interval=0.01).status == "completed"
    assert len(api.made("GET", f"{PATH}/events")) == 3


def test_events__say_where_the_client_is(api: MockApi) -> None:
    def answer(call: Call) -> Reply:
        assert call.headers["last-event-id"] == "4.2"
        assert call.headers["accept"] == "text/event-stream"
        return stream("running")

    api.on("GET", f"{PATH}/events", answer)
    assert [event.kind for event in api.transport().events(f"{PATH}/events", after="4.2")] == ["", "snapshot"]


def test_follow__every_epoch_once_over_a_break(api: MockApi) -> None:
    def told(*events: tuple[str, str, object]) -> Reply:
        lines = "".join(f"id: {mark}\nevent: {kind}\ndata: {json.dumps(data)}\n\n" for mark, kind, data in events)
        return Reply(content=lines.encode(), headers={"Content-Type": "text/event-stream"})

    def epoch(number: int) -> dict[str, object]:
        return {"epoch": number, "losses": {}, "metrics": {}, "seconds": 1.0, "reported_at": "2026-01-01T00:00:00Z"}

    at = "2026-01-01T00:00:00Z"
    first = told(("1.0", "message", {"message": "on a cpu", "at": at}), ("1.1", "epoch", epoch(1)))
    second = told(("1.2", "epoch", epoch(2)), ("2.2", "queued", {"at": at}), ("2.2", "end", {}))
    api.on("GET", f"{PATH}/events", first, Reply(error=httpx2.ConnectError), second)
    news = list(Client.over(api.transport()).training.follow("r1"))
    assert [type(each).__name__ for each in news] == ["TrainingMessage", "TrainingEpoch", "TrainingEpoch"]
    assert [each.epoch for each in news if isinstance(each, TrainingEpoch)] == [1, 2]
    marks = [call.headers.get("last-event-id") for call in api.made("GET", f"{PATH}/events")]
    assert marks == [None, "1.1", "1.1"]
