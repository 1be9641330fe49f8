"""Letters, against a mail server of the test's own."""

import logging
from collections.abc import Generator

import pytest
from pydantic import SecretStr, ValidationError
from tests.mail_server import MailServer, running_mail_server, text_of

from pictograph_server import mail
from pictograph_server.mail import Letter
from pictograph_server.settings import Mail, Settings


@pytest.fixture
def mail_server() -> Generator[MailServer]:
    with running_mail_server() as server:
        yield server


def _settings(url: str) -> Mail:
    return Mail(server=SecretStr(url), sender="Pictograph <robot@example.org>")


LETTER = Letter(
    "ada@example.org", "Grüße", "Guten Tag,\n\n.ein Punkt am Anfang, und ein Link:\nhttps://x.example/invite/abc\n"
)


def test_send__arrives_as_written(mail_server: MailServer) -> None:
    assert mail.send(_settings(mail_server.url), LETTER)
    ((recipient, message),) = mail_server.letters
    assert recipient == "ada@example.org"
    assert message["From"] == "Pictograph <robot@example.org>"
    assert text_of(message) == LETTER.text


def test_send__without_a_server_is_not_done() -> None:
    assert not mail.can_send(Mail())
    assert not mail.send(Mail(), LETTER)


def test_send__refused_is_logged_without_the_link(mail_server: MailServer, caplog: pytest.LogCaptureFixture) -> None:
    mail_server.refuses = True
    with caplog.at_level(logging.ERROR, "pictograph.mail"):
        assert not mail.send(_settings(mail_server.url), LETTER)
    assert "nobody of this name" in caplog.text
    assert "abc" not in caplog.text


def test_send__nobody_listens(mail_server: MailServer, caplog: pytest.LogCaptureFixture) -> None:
    url = mail_server.url
    mail_server.shutdown()
    mail_server.server_close()
    assert not mail.send(_settings(url), LETTER)
    assert "ConnectionRefusedError" in caplog.text


def test_send__a_password_only_over_tls(mail_server: MailServer, caplog: pytest.LogCaptureFixture) -> None:
    with_password = mail_server.url.replace("smtp://", "smtp://robot:s3cret@")
    assert not mail.send(_settings(with_password), LETTER)
    assert "it offers no TLS" in caplog.text
    assert "s3cret" not in caplog.text
    assert mail_server.letters == []


def test_send__a_line_break_makes_no_second_header(mail_server: MailServer) -> None:
    assert not mail.send(_settings(mail_server.url), Letter("ada@example.org\nBcc: all@example.org", "x", "y"))
    assert mail_server.letters == []


@pytest.mark.parametrize("url", ["example.org", "http://example.org", "smtp://", "smtp://host:port"])
def test_settings__a_bad_server_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValidationError, match="this is no mail server"):
        _settings(url)


def test_settings__letters_need_an_address_for_their_links() -> None:
    with pytest.raises(ValidationError, match="PICTOGRAPH_MAIL_SERVER needs PICTOGRAPH_PUBLIC_URL"):
        Settings(mail=_settings("smtp://localhost"))


def test_settings__children_are_not_given_the_password() -> None:
    settings = Settings(public_url="https://x.example", mail=_settings("smtp://robot:s3cret@host"))
    assert "s3cret" not in str(settings.to_environment())
    assert "s3cret" not in repr(settings)
