"""The words: the packaged checkpoint answers to exactly what it was trained with."""

import numpy as np
from tools.tiny_sam3.questions import exemplar_questions, text_questions
from tools.tiny_sam3.vocabulary import ABSENT_NOUNS, CLASS_NAMES, GROUPS, UNHEARD_NOUNS, checkpoint_card

from pictograph_server.engines.annotators.card import read_card
from pictograph_server.engines.annotators.checkpoints.weights import TINY_FOLDER

CLASSES = np.array([0, 2, 2, -1, -1, -1])
BOXES = np.array([[0.1, 0.1, 0.3, 0.3], [0.5, 0.5, 0.7, 0.8], [0.0, 0.6, 0.2, 0.9], *[[0.0] * 4] * 3], np.float32)


def test_checkpoint_card__is_the_packaged_one():
    assert read_card(TINY_FOLDER) == checkpoint_card()


def test_checkpoint_card__every_phrase_leads_to_its_class():
    card = checkpoint_card()
    for known in card.classes:
        assert {card.phrase_for(also) for also in (known.name, known.phrase, *known.also)} == {known.phrase}


def test_unheard_nouns__are_never_asked_in_training():
    assert not set(UNHEARD_NOUNS) & set(ABSENT_NOUNS)


def test_text_questions__three_of_which_the_first_is_about_something_there():
    for seed in range(30):
        questions = text_questions(np.random.default_rng(seed), CLASSES)
        assert len(questions) == 3 and not any(question.labels for question in questions)
        assert questions[0].class_indexes in ((0,), (2,))


def test_text_questions__empty_scene_is_asked_about_too():
    questions = text_questions(np.random.default_rng(1), np.full(6, -1))
    assert len(questions) == 3 and questions[0].class_indexes == ()


def test_exemplar_questions__positive_boxes_show_the_class_and_negative_ones_another():
    for seed in range(40):
        for question in exemplar_questions(np.random.default_rng(seed), CLASSES, BOXES):
            assert len(question.boxes_cxcywh) == len(question.labels) >= 1
            for (x, y, _, _), label in zip(question.boxes_cxcywh, question.labels, strict=True):
                shown = int(CLASSES[np.abs((BOXES[:3, :2] + BOXES[:3, 2:]) / 2 - [x, y]).sum(1).argmin()])
                assert (shown in question.class_indexes) == bool(label)


def test_groups__name_classes_only():
    assert all(set(members) <= set(CLASS_NAMES) for members in GROUPS.values())
