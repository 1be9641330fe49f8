import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from pictograph_server.settings import Settings
from pictograph_server.signing import SECRET_FILE, BadLink, UrlSigner, request_origin, signing_secret


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def signer(clock: Clock) -> UrlSigner:
    return UrlSigner(b"secret" * 8, "http://server:8000", clock=clock)


def token_of(url: str) -> str:
    return url.rsplit("/", 1)[-1]


def test_download_url__carries_what_was_granted(signer: UrlSigner) -> None:
    url = signer.download_url("images/ab/abc", filename="Käse #1.jpg", media_type="image/jpeg")
    assert url.startswith("http://server:8000/files/")
    grant = signer.read_download(token_of(url))
    assert (grant.key, grant.filename, grant.media_type) == ("images/ab/abc", "Käse #1.jpg", "image/jpeg")


def test_token__expires(signer: UrlSigner, clock: Clock) -> None:
    token = token_of(signer.upload_url("u1", expires_s=60))
    clock.now += 59
    assert signer.read_upload(token) == "u1"
    clock.now += 1
    with pytest.raises(BadLink, match="expired"):
        signer.read_upload(token)


def test_download_url__is_the_same_for_a_while_and_holds_long_enough(signer: UrlSigner, clock: Clock) -> None:
    def url() -> str:
        return signer.download_url("k", filename="f", media_type="image/jpeg", expires_s=100, same_for_s=60)

    clock.now = 1_000_021.0
    first = url()
    clock.now = 1_000_079.0
    assert url() == first
    clock.now = 1_000_081.0
    assert url() != first
    clock.now = 1_000_121.0
    signer.read_download(token_of(first))
    clock.now = 1_000_181.0
    with pytest.raises(BadLink):
        signer.read_download(token_of(first))


def test_token__has_one_purpose(signer: UrlSigner) -> None:
    with pytest.raises(BadLink, match="for upload, not for download"):
        signer.read_download(token_of(signer.upload_url("u1")))


def test_token__of_another_server_is_refused(signer: UrlSigner) -> None:
    other = UrlSigner(b"other" * 10, "http://server:8000")
    with pytest.raises(BadLink, match="signature"):
        signer.read_upload(token_of(other.upload_url("u1")))


@pytest.mark.parametrize("position", [0, 10, -1, -20])
def test_token__changed_anywhere_is_refused(signer: UrlSigner, position: int) -> None:
    token = list(token_of(signer.upload_url("u1")))
    # "A" and "B" differ in a bit that counts at every place but the padding of the last one, so «w» there.
    token[position] = "w" if token[position] != "w" else "Q"
    with pytest.raises(BadLink):
        signer.read_upload("".join(token))


@pytest.mark.parametrize("token", ["", ".", "x", "a.b", "é.é", "%00", "." * 100])
def test_token__nonsense_is_refused(signer: UrlSigner, token: str) -> None:
    with pytest.raises(BadLink):
        signer.read_download(token)


def test_base_url__follows_the_request(signer: UrlSigner) -> None:
    with request_origin("http://gpu-box:9000"):
        assert signer.upload_url("u1").startswith("http://gpu-box:9000/uploads/")
    assert signer.upload_url("u1").startswith("http://server:8000/uploads/")


def test_signing_secret__is_made_once_and_private(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    secret = signing_secret(settings)
    assert signing_secret(settings) == secret
    assert len(secret) >= 43
    assert stat.S_IMODE((tmp_path / SECRET_FILE).stat().st_mode) == 0o600


def test_signing_secret__given_one_wins(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, signing_secret=SecretStr("s" * 40))
    assert signing_secret(settings) == b"s" * 40
    assert not (tmp_path / SECRET_FILE).exists()
