"""How a comparison reads, and what is worked out from its counts."""

import pytest

from pictograph.models.comparison import ClassAgreement, Comparison, ImageProblems, Problem

SIGNS = ClassAgreement(class_name="<sign>", reference_count=50, other_count=48, matched=45, best_threshold=0.61239)


def comparison(**more: object) -> Comparison:
    facts: dict[str, object] = {"reference": "people", "other": "machine", "iou": 0.5, "image_count": 9}
    return Comparison.model_validate({**facts, "total": SIGNS, "classes": [SIGNS], **more})


def test_class_agreement__counts() -> None:
    assert (SIGNS.missed, SIGNS.extra) == (5, 3)
    assert (SIGNS.precision, SIGNS.recall) == (45 / 48, 0.9)
    assert SIGNS.f1 == pytest.approx(90 / 98)


def test_class_agreement__wilson_interval() -> None:
    # 45 of 50: (0.9 + z²/100 ± z √(0.09/50 + z²/10000)) / (1 + z²/50), with z = 1.96.
    assert SIGNS.recall_interval == pytest.approx((0.78639781, 0.95652461), abs=1e-6)


def test_class_agreement__what_is_worked_out_is_on_the_wire_and_comes_back() -> None:
    document = SIGNS.model_dump(mode="json")
    assert (document["missed"], document["recall"]) == (5, 0.9)
    assert ClassAgreement.model_validate(document) == SIGNS


def test_str__a_line_a_class_and_what_is_wrong() -> None:
    problem = Problem(kind="extra", class_name="sign", confidence=0.3)
    worst = ImageProblems(image_id="1", path="/a.jpg", problem_count=3, problems=[problem])
    text = str(comparison(worst_images=[worst], notes=["be careful"]))
    lines = text.splitlines()
    assert lines[0] == "machine against people: 9 images, a match is an IoU of 0.5 or more"
    # The threshold is rounded down: what it came from is kept.
    assert lines[2].split() == [
        "<sign>",
        "50",
        "48",
        "0.94",
        "(0.83-0.98)",
        "0.90",
        "(0.79-0.96)",
        "0.918",
        "-",
        "-",
        "0.612",
    ]
    assert lines[3:] == ["  /a.jpg: extra sign (confidence 0.30), and 2 more", "  note: be careful"]


def test_repr_html__is_escaped() -> None:
    html = comparison(notes=["<b>"])._repr_html_()  # pyright: ignore[reportPrivateUsage]  # notebooks call it
    assert "&lt;sign&gt;" in html and "&lt;b&gt;" in html
    assert "<sign>" not in html
