"""Measuring labels and accepting proposals: what is asked, and what is made of the answers."""

from tests.unit.pictograph.wire import API, client_of

from pictograph._http.mock import MockApi
from pictograph.models.comparison import ClassAgreement, Comparison


def test_compare__sends_what_is_asked_and_reads_the_figures() -> None:
    api = MockApi()
    signs = ClassAgreement(class_name="sign", reference_count=4, other_count=4, matched=3, best_threshold=0.7)
    answer = Comparison(reference="people", other="machine", iou=0.5, image_count=2, total=signs, classes=[signs])
    api.on("POST", f"{API}/datasets/by-name/a%20b/compare", answer.model_dump(mode="json"))
    with client_of(api) as client:
        comparison = client.datasets.compare("a b", other="sam3", class_names=("sign",), iou=0.75)
    assert comparison == answer
    assert comparison.thresholds == {"sign": 0.7}
    assert api.calls[-1].json == {
        "reference": "people",
        "other": "sam3",
        "class_names": ["sign"],
        "iou": 0.75,
        "images_limit": 5000,
        "worst_limit": 20,
        "review_limit": 100,
    }


def test_accept__asks_until_nothing_is_left() -> None:
    api = MockApi()
    first = {"accepted_images": 200, "annotations_added": 300, "skipped_images": 1, "next": "i200"}
    last = {"accepted_images": 7, "annotations_added": 9, "skipped_images": 2, "next": None}
    api.on("POST", f"{API}/auto-annotate/batch/j1/accept", first, last)
    with client_of(api) as client:
        accepted = client.auto_annotate.accept("j1", thresholds={"sign": 0.7})
    assert (accepted.accepted_images, accepted.annotations_added, accepted.skipped_images) == (207, 309, 3)
    asked = {"confidence_threshold": 0.0, "thresholds": {"sign": 0.7}}
    assert [call.json for call in api.calls] == [asked, asked | {"after": "i200"}]
