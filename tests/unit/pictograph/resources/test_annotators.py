"""`client.auto_annotate.annotators()` over a network that answers from a table."""

from tests.unit.pictograph.wire import API, client_of

from pictograph._http.mock import MockApi

SAM3 = {
    "name": "sam3",
    "title": "SAM 3",
    "checkpoint": "facebook/sam3",
    "capabilities": ["box", "text"],
    "license": "SAM License",
    "is_available": False,
    "is_here": False,
    "download_bytes": 3_450_000_000,
    "is_default": True,
    "why_not": "nobody is logged in",
    "fix": "hf auth login",
    "something": "of a newer server",
}


def test_annotators__are_read_with_why_not_and_what_to_do() -> None:
    api = MockApi()
    api.on("GET", f"{API}/auto-annotate/annotators", {"annotators": [SAM3]})
    [sam3] = client_of(api).auto_annotate.annotators()
    assert (sam3.name, sam3.is_available, sam3.why_not, sam3.fix) == (
        "sam3",
        False,
        "nobody is logged in",
        "hf auth login",
    )
    assert sam3.capabilities == ["box", "text"] and sam3.is_default
