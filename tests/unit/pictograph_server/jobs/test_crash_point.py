import pytest

from pictograph_server.jobs.crash import CrashPoint


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("train:after:epoch:3", CrashPoint("train", "after", "epoch:3")),
        ("*:before:end", CrashPoint("*", "before", "end")),
        ("annotate:before:shard:0@server", CrashPoint("annotate", "before", "shard:0", kill_server=True)),
    ],
)
def test_parse(text: str, point: CrashPoint) -> None:
    assert CrashPoint.parse(text) == point


@pytest.mark.parametrize("text", ["", "train", "train:after", "train:during:x", ":after:x", "train:after:x@everybody"])
def test_parse__anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="TASK:before"):
        CrashPoint.parse(text)
