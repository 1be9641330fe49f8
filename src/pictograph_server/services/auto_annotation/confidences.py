"""How sure the model was: for each class, how many of its findings lie in each twentieth of the confidence."""

from collections.abc import Iterable, Mapping, Sequence

BINS = 20

# Class -> how many findings each bin holds; the last one has its upper end, 1, in it.
Confidences = Mapping[str, Sequence[int]]


def count(findings: Iterable[Sequence[tuple[str, float]]]) -> dict[str, list[int]]:
    """Return the histograms of the findings (class, confidence) of some images.

    Example:
        >>> count([[("stop", 0.97)], [("stop", 1.0)]])["stop"][19]
        2
    """
    found: dict[str, list[int]] = {}
    for image in findings:
        for name, confidence in image:
            found.setdefault(name, [0] * BINS)[max(0, min(BINS - 1, int(confidence * BINS)))] += 1
    return found


def added(one: Confidences, other: Confidences) -> dict[str, list[int]]:
    """Return both together."""
    together = {name: list(bins) for name, bins in one.items()}
    for name, bins in other.items():
        known = together.setdefault(name, [0] * BINS)
        together[name] = [mine + theirs for mine, theirs in zip(known, bins, strict=True)]
    return together


def total(confidences: Confidences) -> list[int]:
    """Return the histogram of all classes together."""
    return [sum(column) for column in zip(*confidences.values(), strict=True)] if confidences else [0] * BINS
