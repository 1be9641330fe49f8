"""What an image is as a whole: its tags, or its folder's name where no image has a tag."""

from pathlib import Path

import pytest

from pictograph_server.engines.errors import BadTrainingData
from pictograph_server.engines.trainers.base import Sample, TrainingConfig, TrainingData
from pictograph_server.engines.trainers.image_classes import exclusive, with_image_classes
from pictograph_server.engines.trainers.prepare import prepare


def image(number: int, *tags: int, folder: str = "/") -> Sample:
    return Sample(f"image-{number}", Path(f"{number}.png"), 8, 8, f"{number:064x}", tags=tags, folder=folder)


def said(*samples: Sample, names: tuple[str, ...] = ("cat", "dog")) -> tuple[TrainingData, list[str]]:
    remarks: list[str] = []
    return with_image_classes(TrainingData(names, samples), remarks), remarks


def test_with_image_classes__folders_name_the_classes_when_nothing_is_tagged() -> None:
    data, remarks = said(image(0, folder="/day/city"), image(1, folder="/night/city"), image(2, folder="/woods"))
    assert data.class_names == ("city", "woods")
    assert [sample.tags for sample in data.samples] == [(0,), (0,), (1,)]
    assert remarks == ["No image has a tag: the names of the folders are the classes (city, woods)."]


def test_with_image_classes__tags_win_over_folders() -> None:
    data, remarks = said(image(0, 1, folder="/woods"), image(1, 0, folder="/woods"))
    assert (data.class_names, [sample.tags for sample in data.samples]) == (("cat", "dog"), [(1,), (0,)])
    assert remarks == []


def test_with_image_classes__image_without_a_class_is_left_out_and_said() -> None:
    tagged, tag_remarks = said(image(0, 0), image(1, 1), image(2))
    foldered, folder_remarks = said(image(0, folder="/a"), image(1, folder="/b"), image(2))
    assert [s.image_id for s in tagged.samples] == [s.image_id for s in foldered.samples] == ["image-0", "image-1"]
    assert tag_remarks[-1] == folder_remarks[-1] == "Images left out because they have no class: 1."


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        ((image(0, 0, 1), image(1, 0), image(2)), "Images without a tag, which show none of the classes: 1."),
        ((image(0, 1), image(1, 1), image(2)), "The one class is dog: the images without it, 1, teach what it is not."),
    ],
    ids=["several tags on an image", "one class"],
)
def test_with_image_classes__untagged_stays_where_classes_do_not_exclude_each_other(
    samples: tuple[Sample, ...], words: str
) -> None:
    data, remarks = said(*samples)
    assert (len(data.samples), remarks) == (3, [words])


def test_with_image_classes__every_image_alike() -> None:
    _, remarks = said(image(0, folder="/cats"), image(1, folder="/cats"))
    assert remarks[-1].startswith("Every image is cats: nothing can be told apart")


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ((image(0, 0), image(1, 1)), True),
        ((image(0, 0), image(1, 0, 1)), False),
        ((image(0, 0), image(1, 0)), False),
        ((image(0, 0), image(1, 1), image(2)), False),
    ],
    ids=["one tag each", "several on one", "one class", "none on one"],
)
def test_exclusive__table(samples: tuple[Sample, ...], expected: bool) -> None:
    assert exclusive(samples) is expected


def test_prepare__equal_folders_equal_hash_and_other_folders_another() -> None:
    def hash_of(folders: str) -> str:
        samples = tuple(image(number, folder=f"/{folders[number % 2]}") for number in range(10))
        return prepare(TrainingData((), samples), "classification", TrainingConfig()).data_hash

    assert hash_of("ab") == hash_of("ab") != hash_of("ac")


def test_prepare__neither_tags_nor_folders() -> None:
    samples = tuple(image(number) for number in range(10))
    with pytest.raises(BadTrainingData, match="none of the 10 images has a tag"):
        prepare(TrainingData(("cat",), samples), "classification", TrainingConfig())
