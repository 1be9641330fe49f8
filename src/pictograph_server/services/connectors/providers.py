"""The services that can be imported from, opened with a key."""

import string
from collections.abc import Callable
from typing import Literal, get_args

from pictograph.models.connector import ConnectorProvider
from pictograph_server.outgoing.fetch import Fetcher
from pictograph_server.platform import Platform

from .api import Api, ConnectorKeyRefused
from .remote import Provider

NAMES: dict[ConnectorProvider, str] = {"v7": "V7", "roboflow": "Roboflow"}
assert set(NAMES) == set(get_args(ConnectorProvider))
_KEY_CHARACTERS = frozenset(string.ascii_letters + string.digits + string.punctuation)

# In a request, people wait: one try of a few seconds. A job tries again, and its images may be large.
Patience = Literal["request", "job"]
_FETCHERS: dict[Patience, tuple[float, float, int]] = {"request": (8.0, 10.0, 1), "job": (30.0, 3600.0, 3)}


def open_provider(platform: Platform, provider: ConnectorProvider, api_key: str, *, patience: Patience) -> Provider:
    """Return the service; nothing is sent yet.

    Raises:
        ConnectorKeyRefused: the key holds characters that no key holds.
    """
    settings = platform.settings
    key = api_key.strip()
    if not key or not set(key) <= _KEY_CHARACTERS:
        raise ConnectorKeyRefused(NAMES[provider], "it is empty, or holds spaces or letters that no key holds")
    timeout_s, deadline_s, tries = _FETCHERS[patience]
    fetcher = Fetcher(settings.outgoing.networks, timeout_s=timeout_s, deadline_s=deadline_s)
    limits = (settings.limits.import_bytes, settings.limits.image_bytes)
    return _OPENERS[provider](platform, key, fetcher, tries, limits)


def _v7(platform: Platform, key: str, fetcher: Fetcher, tries: int, limits: tuple[int, int]) -> Provider:
    from .v7 import V7

    base = platform.settings.connectors.v7_url
    return V7(Api("V7", base, key, fetcher, secret_headers=V7.secret_headers(key), tries=tries), *limits)


def _roboflow(platform: Platform, key: str, fetcher: Fetcher, tries: int, limits: tuple[int, int]) -> Provider:
    from .roboflow import Roboflow

    base = platform.settings.connectors.roboflow_url
    return Roboflow(Api("Roboflow", base, key, fetcher, secret_query=Roboflow.secret_query(key), tries=tries), *limits)


_OPENERS: dict[ConnectorProvider, Callable[[Platform, str, Fetcher, int, tuple[int, int]], Provider]] = {
    "v7": _v7,
    "roboflow": _roboflow,
}
