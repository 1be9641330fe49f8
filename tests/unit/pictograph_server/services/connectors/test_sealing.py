"""A secret that goes through a table anybody may read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pictograph_server.services.connectors.sealing import CannotUnseal, Question, seal

SIGNING = b"the servers' own secret"


@settings(max_examples=10, deadline=None)
@given(st.text(max_size=200))
def test_seal__who_asked_can_read_it(secret: str):
    question = Question.about("import 1")
    answer = seal(secret, "import 1", question.public, SIGNING)
    assert question.unseal(answer, SIGNING) == secret


def test_seal__answer_says_nothing_of_the_secret():
    question = Question.about("import 1")
    first, second = (seal("pk-of-theirs", "import 1", question.public, SIGNING) for _ in range(2))
    assert b"pk-of-theirs" not in first
    assert first != second


@pytest.mark.parametrize("position", [0, 31, 32, -17, -16, -1])
def test_unseal__altered_anywhere(position: int):
    question = Question.about("import 1")
    answer = bytearray(seal("secret", "import 1", question.public, SIGNING))
    answer[position] ^= 1
    with pytest.raises(CannotUnseal):
        question.unseal(bytes(answer), SIGNING)


def test_unseal__another_question_subject_or_signing_secret():
    question, other = Question.about("import 1"), Question.about("import 1")
    answer = seal("secret", "import 1", question.public, SIGNING)
    with pytest.raises(CannotUnseal):
        other.unseal(answer, SIGNING)
    with pytest.raises(CannotUnseal):
        question.unseal(answer, b"another")
    with pytest.raises(CannotUnseal):
        question.unseal(seal("secret", "import 2", question.public, SIGNING), SIGNING)


@pytest.mark.parametrize("question", [bytes(32), b"\x01" + bytes(31), b"short", b""], ids=["0", "1", "short", "none"])
def test_seal__question_that_would_give_it_away_is_refused(question: bytes):
    with pytest.raises(CannotUnseal):
        seal("secret", "import 1", question, SIGNING)


def test_unseal__too_short():
    with pytest.raises(CannotUnseal):
        Question.about("import 1").unseal(b"short", SIGNING)
