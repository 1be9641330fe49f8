"""A secret that goes through a table anybody may read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pictograph_server.services.connectors.sealing import PRIME, CannotUnseal, Question, seal

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


@pytest.mark.parametrize("position", [0, 255, 256, 287, 288, -1])
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


@pytest.mark.parametrize("number", [0, 1, PRIME - 1, PRIME, PRIME + 1])
def test_seal__number_that_would_give_it_away_is_refused(number: int):
    with pytest.raises(CannotUnseal):
        seal("secret", "import 1", number.to_bytes(257, "big")[-256:], SIGNING)


def test_unseal__too_short():
    with pytest.raises(CannotUnseal):
        Question.about("import 1").unseal(b"short", SIGNING)


def test_prime__is_that_of_rfc_3526():
    # 2^2048 - 2^1984 - 1 + 2^64 * ([2^1918 pi] + 124476): its ends are all ones, and it is prime by Fermat's test.
    assert (PRIME.bit_length(), PRIME & (2**64 - 1), PRIME >> 1984) == (2048, 2**64 - 1, 2**64 - 1)
    assert pow(2, PRIME - 1, PRIME) == 1
