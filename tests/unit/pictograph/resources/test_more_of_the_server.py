"""What the client asks for beyond what the hosted service has: counts, tags, prices, times."""

from datetime import datetime, timedelta, timezone

import pytest

from pictograph import Client
from pictograph._http.mock import Call, MockApi

D = "/api/v1/developer"


@pytest.fixture
def api() -> MockApi:
    return MockApi()


@pytest.fixture
def client(api: MockApi) -> Client:
    return Client.over(api.transport())


def test_count__is_the_total_of_the_list(api: MockApi, client: Client):
    api.on("GET", f"{D}/images/", {"images": [], "next_cursor": None, "total": 7, "has_offsets": True})
    assert client.images.count("signs", min_annotations=2, size="640x480", max_aspect=1.5) == 7
    assert api.calls[0].query == {
        "dataset_name": "signs",
        "limit": "1",
        "with_total": "true",
        "min_annotations": "2",
        "size": "640x480",
        "max_aspect": "1.5",
    }


def test_count__where_the_server_does_not_count(api: MockApi, client: Client):
    api.on("GET", f"{D}/images/", {"images": [], "next_cursor": None, "total": None, "has_offsets": True})
    assert client.images.count("signs", text="a") is None


def test_ids__go_on_behind_the_cursor(api: MockApi, client: Client):
    path = f"{D}/datasets/by-name/signs/image-ids"
    api.on("GET", path, {"image_ids": ["a"], "next_cursor": "c"}, {"image_ids": ["b"], "next_cursor": None})
    assert client.images.ids("signs", status="review").all() == ["a", "b"]
    assert [call.query.get("cursor") for call in api.calls] == [None, "c"]


def test_get_many__five_hundred_a_request(api: MockApi, client: Client):
    def answer(call: Call) -> object:
        return {"annotations": {image_id: [] for image_id in call.json["image_ids"]}}

    api.on("POST", f"{D}/annotations/query", answer)
    ids = [f"image-{number}" for number in range(501)]
    assert list(client.annotations.get_many(ids)) == ids
    assert [len(call.json["image_ids"]) for call in api.calls] == [500, 1]


@pytest.mark.parametrize(
    ("moment", "sent"),
    [
        (datetime(2026, 3, 1, 12), "2026-03-01T12:00:00+00:00"),
        (datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2))), "2026-03-01T12:00:00+02:00"),
    ],
    ids=["without a zone it is UTC", "with a zone"],
)
def test_audit_log__since(api: MockApi, client: Client, moment: datetime, sent: str):
    api.on("GET", f"{D}/audit", {"entries": [], "next_cursor": None})
    assert client.organizations.audit_log(since=moment).all() == []
    assert api.calls[0].query["since"] == sent


def test_tag__nothing_to_do(api: MockApi, client: Client):
    with pytest.raises(ValueError, match="nothing to tag"):
        client.batch.tag("signs", ["a"])
    assert api.calls == []


def test_prices__of_the_server(api: MockApi, client: Client):
    price = {"operation": "training_a10g", "title": "Training", "unit": "minute", "base": 0, "credits": 4, "per": 1}
    api.on("GET", f"{D}/credits/prices", {"prices": [price]})
    (tariff,) = client.credits.prices()
    assert (tariff.operation, tariff.credits) == ("training_a10g", 4)
