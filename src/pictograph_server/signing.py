"""Links that carry their own authority: one purpose, one object, one deadline, sealed with HMAC-SHA256 (RFC 2104)."""

import base64
import binascii
import hashlib
import hmac
import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import orjson

from pictograph_server.errors import Forbidden
from pictograph_server.settings import Settings, new_secret

Purpose = Literal["download", "upload", "video"]
SECRET_FILE = "signing-secret"


class BadLink(Forbidden):
    code = "bad_link"

    def __init__(self, why: str) -> None:
        super().__init__("This link cannot be used", why=why, fix="Ask the API for a new link; each holds for an hour.")


@dataclass(frozen=True)
class DownloadGrant:
    """What a download link lets its bearer read, and how it is served."""

    key: str
    filename: str
    media_type: str


class UrlSigner:
    """Makes and reads signed links. `clock` gives seconds since the epoch."""

    def __init__(self, secret: bytes, public_url: str, *, clock: Callable[[], float] = time.time) -> None:
        self._secret = secret
        self._public_url = public_url
        self._clock = clock

    def download_url(
        self, key: str, *, filename: str, media_type: str, expires_s: int = 3600, same_for_s: int = 1
    ) -> str:
        """Return an absolute URL that streams the blob `key`.

        It is the same for `same_for_s` seconds and holds so much longer at most, so that browsers know what they have.
        """
        token = self._seal("download", [key, filename, media_type], expires_s, same_for_s)
        return f"{self.base_url}/files/{token}"

    def upload_url(self, upload_id: str, *, expires_s: int = 3600) -> str:
        """Return an absolute URL that takes the bytes of an upload with PUT."""
        return f"{self.base_url}/uploads/{self._seal('upload', [upload_id], expires_s)}"

    def video_upload_url(self, video_id: str, *, expires_s: int = 3600) -> str:
        """Return an absolute URL that takes the bytes of a video with PUT."""
        return f"{self.base_url}/uploads/videos/{self._seal('video', [video_id], expires_s)}"

    def read_download(self, token: str) -> DownloadGrant:
        """Raises BadLink when the token is not ours, is for something else, or has expired."""
        key, filename, media_type = self._open("download", token)
        return DownloadGrant(key=key, filename=filename, media_type=media_type)

    def read_upload(self, token: str) -> str:
        """Return the id of the upload; raises BadLink as `read_download` does."""
        (upload_id,) = self._open("upload", token)
        return upload_id

    def read_video_upload(self, token: str) -> str:
        """Return the id of the video; raises BadLink as `read_download` does."""
        (video_id,) = self._open("video", token)
        return video_id

    @property
    def base_url(self) -> str:
        """Return the address the current request came to, or the configured one."""
        return _request_origin.get() or self._public_url

    def _seal(self, purpose: Purpose, values: list[str], expires_s: int, same_for_s: int = 1) -> str:
        begin = int(self._clock())
        deadline = begin - begin % -same_for_s + expires_s
        payload = orjson.dumps([purpose, deadline, *values])
        return _encode(payload) + "." + _encode(self._signature(payload))

    def _open(self, purpose: Purpose, token: str) -> list[str]:
        payload_text, _, signature_text = token.partition(".")
        try:
            payload, signature = _decode(payload_text), _decode(signature_text)
        except (binascii.Error, ValueError):
            raise BadLink("it is not complete") from None
        if not hmac.compare_digest(signature, self._signature(payload)):
            raise BadLink("its signature is not this server's")
        sealed_purpose, expires_at, *values = orjson.loads(payload)
        if sealed_purpose != purpose:
            raise BadLink(f"it is for {sealed_purpose}, not for {purpose}")
        if self._clock() >= expires_at:
            raise BadLink("it has expired")
        return values

    def _signature(self, payload: bytes) -> bytes:
        return hmac.digest(self._secret, payload, hashlib.sha256)


def signing_secret(settings: Settings) -> bytes:
    """Return the configured secret, or the data folder's own, made (0600) when there is none."""
    if settings.signing_secret is not None:
        return settings.signing_secret.get_secret_value().encode()
    path = settings.data_dir / SECRET_FILE
    if not path.exists():
        _create_private(path, new_secret())
    return path.read_text().strip().encode()


# The address the running request came to, so that links work through a forwarded port or from another host.
_request_origin: ContextVar[str | None] = ContextVar("request_origin", default=None)


@contextmanager
def request_origin(origin: str | None) -> Generator[None]:
    """Make links point at `origin` (`http://host:port`) inside the block."""
    token = _request_origin.set(origin)
    try:
        yield
    finally:
        _request_origin.reset(token)


def _create_private(path: Path, text: str) -> None:
    # Written aside and linked into place: of two processes that start together one wins, and both read the same.
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
