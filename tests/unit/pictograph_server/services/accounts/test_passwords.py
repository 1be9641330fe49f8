"""Which passwords may be set, and what is kept of them."""

import unicodedata

import pytest

from pictograph_server.services.accounts import passwords
from pictograph_server.services.accounts.passwords import WeakPassword

EMAIL = "ada.lovelace@example.org"


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "it has 5 characters, and 10 are the least"),
        ("x" * 201, "it has 201 characters, and may have 200"),
        ("aaaaaaaaaaaa", "it repeats a few characters"),
        ("ababababABAB", "it repeats a few characters"),
        (EMAIL, "it is your e-mail address"),
        ("Ada.Lovelace", "it is your e-mail address"),
    ],
    ids=["short", "long", "one character", "two characters", "address", "name of the address"],
)
def test_hash_new__weak(password: str, why: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        passwords.hash_new(password, email=EMAIL)
    assert refused.value.why == why
    assert refused.value.status == 422


@pytest.mark.parametrize(
    "password", ["seven dry umbrellas", "größer als zehn", "密码要长一些才行啊是的", "🦄🐙🦊🐢" * 3]
)
def test_matches__any_script(password: str) -> None:
    kept = passwords.hash_new(password, email=None)
    assert passwords.matches(kept, password)
    assert passwords.matches(kept, unicodedata.normalize("NFD", password))
    assert not passwords.matches(kept, password + " ")


def test_matches__no_account_and_damaged_hash() -> None:
    assert not passwords.matches(None, "nobody's password")
    assert not passwords.matches("$argon2id$damaged", "whatever it is")


def test_matches__a_book_is_not_hashed() -> None:
    assert not passwords.matches(passwords.hash_new("seven dry umbrellas", email=None), "x" * 10_000_000)
