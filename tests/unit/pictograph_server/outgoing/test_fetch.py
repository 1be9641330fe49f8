"""The one way the server fetches what somebody else names."""

import socket
import ssl
import threading
import time
from collections.abc import Generator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
from tests.http_stand_in import Said, StandIn, stand_in

from pictograph_server.outgoing.fetch import BadStatus, Fetcher, FetchError, FetchRefused, TooLarge

HERE = [ip_network("127.0.0.1/32")]


@pytest.fixture
def service() -> Generator[StandIn]:
    with stand_in() as service:
        yield service


@pytest.fixture
def fetcher() -> Fetcher:
    return Fetcher(HERE, timeout_s=2.0, deadline_s=5.0)


def test_request__json_there_and_back(service: StandIn, fetcher: Fetcher):
    service.on("POST", "/items", Said(json={"ok": True}))
    answer = fetcher.request(f"{service.url}/items?x=a b", method="POST", json_body={"n": 1})
    assert answer.json() == {"ok": True}
    (asked,) = service.asked
    assert (asked.body, asked.query) == (b'{"n": 1}', {"x": ["a b"]})


def test_request__private_address_is_refused(service: StandIn):
    with pytest.raises(FetchRefused, match="not a public address"):
        Fetcher().request(service.url)
    assert service.asked == []


def test_request__name_is_resolved_once_and_the_address_is_what_is_connected_to(service: StandIn):
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    fetcher = Fetcher(HERE, resolve=lambda _host, _port: answers.pop(0))
    service.on("GET", "/", Said(json=1))
    assert fetcher.request(f"http://rebinding.example:{service.port}/").json() == 1
    assert (service.asked[0].headers["host"], len(answers)) == (f"rebinding.example:{service.port}", 1)


def test_request__name_service_that_hangs():
    answered = threading.Event()

    def hang(host: str, port: int) -> list[str]:
        answered.wait(30)
        return ["127.0.0.1"]

    started = time.monotonic()
    with pytest.raises(FetchError, match="name service took longer than"):
        Fetcher(HERE, timeout_s=5.0, deadline_s=0.2, resolve=hang).request("http://slow.example/")
    took = time.monotonic() - started
    answered.set()
    assert took < 3


def test_request__name_service_that_hangs_after_a_redirect(service: StandIn):
    answered = threading.Event()

    def hang_later(host: str, port: int) -> list[str]:
        if host == "slow.example":
            answered.wait(30)
        return ["127.0.0.1"]

    service.on("GET", "/", Said(302, headers={"Location": f"http://slow.example:{service.port}/"}))
    started = time.monotonic()
    with pytest.raises(FetchError, match="name service took longer than"):
        Fetcher(HERE, timeout_s=5.0, deadline_s=0.5, resolve=hang_later).request(f"http://fast.example:{service.port}/")
    took = time.monotonic() - started
    answered.set()
    assert took < 3


def test_request__name_that_is_not_known():
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror("no such name")

    with pytest.raises(FetchRefused, match="not known to the server's name service"):
        Fetcher(HERE, resolve=unknown).request("http://nowhere.example/")


def test_request__redirect_to_a_private_address_is_refused(service: StandIn, fetcher: Fetcher):
    service.on("GET", "/", Said(302, headers={"Location": "http://169.254.169.254/latest/meta-data"}))
    with pytest.raises(FetchRefused, match=r"169\.254\.169\.254"):
        fetcher.request(service.url)


@pytest.mark.parametrize("location", ["file:///etc/passwd", "gopher://127.0.0.1/", "//", "http://u:p@127.0.0.1/"])
def test_request__redirect_to_something_else_is_refused(service: StandIn, fetcher: Fetcher, location: str):
    service.on("GET", "/", Said(302, headers={"Location": location}))
    with pytest.raises(FetchRefused):
        fetcher.request(service.url)


def test_request__redirects_in_a_circle_end(service: StandIn, fetcher: Fetcher):
    service.on("GET", "/", Said(302, headers={"Location": "/"}))
    with pytest.raises(FetchRefused, match="more than 5 times"):
        fetcher.request(service.url)


def test_request__credentials_stay_with_their_origin(service: StandIn, fetcher: Fetcher):
    with stand_in() as other:
        other.on("GET", "/there", Said(json="there"))
        service.on("GET", "/here", Said(302, headers={"Location": "/near"}))
        service.on("GET", "/near", Said(302, headers={"Location": f"{other.url}/there"}))
        answer = fetcher.request(f"{service.url}/here", secret_headers={"Authorization": "ApiKey secret"})
    assert answer.json() == "there"
    assert [asked.headers.get("authorization") for asked in service.asked] == ["ApiKey secret"] * 2
    assert [asked.headers.get("authorization") for asked in other.asked] == [None]


def test_request__error_status_carries_the_body(service: StandIn, fetcher: Fetcher):
    service.on("GET", "/", Said(401, json={"message": "revoked"}))
    with pytest.raises(BadStatus) as caught:
        fetcher.request(f"{service.url}/?api_key=secret")
    assert (caught.value.status, b"revoked" in caught.value.body) == (401, True)
    assert "secret" not in str(caught.value)


def test_request__key_that_is_no_header_is_not_repeated(service: StandIn, fetcher: Fetcher):
    with pytest.raises(FetchError) as caught:
        fetcher.request(service.url, secret_headers={"Authorization": "ApiKey se\r\ncret"})
    assert "cret" not in str(caught.value)


@pytest.mark.parametrize("announce", [None, 10_000_000])
def test_request__more_bytes_than_are_taken(service: StandIn, fetcher: Fetcher, announce: int | None):
    service.on("GET", "/", Said(content=b"x" * 2000, announce=announce))
    with pytest.raises(TooLarge):
        fetcher.request(service.url, max_bytes=1000)


def test_download__file_is_whole_or_not_there(service: StandIn, fetcher: Fetcher, tmp_path: Path):
    service.on("GET", "/short", Said(content=b"abc", announce=10))
    with pytest.raises(FetchError, match="broke off"):
        fetcher.download(f"{service.url}/short", tmp_path / "a.bin", max_bytes=100)
    assert list(tmp_path.iterdir()) == []
    service.on("GET", "/whole", Said(content=b"abc"))
    assert fetcher.download(f"{service.url}/whole", tmp_path / "a.bin", max_bytes=100) == 3
    assert (tmp_path / "a.bin").read_bytes() == b"abc"


def test_request__nobody_there(fetcher: Fetcher):
    with stand_in() as gone:
        url = gone.url
    with pytest.raises(FetchError, match=r"cannot be reached: Connection refused"):
        fetcher.request(url)


def test_request__silence_ends_in_time(service: StandIn):
    def silent(_asked: object) -> Said:
        time.sleep(1.0)
        return Said(json=None)

    service.on("GET", "/", silent)
    with pytest.raises(FetchError, match="too long"):
        Fetcher(HERE, timeout_s=0.2).request(service.url)


def test_request__handshake_that_never_ends(fetcher: Fetcher):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        patient = replace(fetcher, timeout_s=30.0, deadline_s=0.3)
        started = time.monotonic()
        with pytest.raises(FetchError, match="too long"):
            patient.request(f"https://127.0.0.1:{silent.getsockname()[1]}/")
    assert time.monotonic() - started < 10


def test_request__server_that_speaks_no_tls(service: StandIn):
    fetcher = Fetcher(HERE, timeout_s=2.0, tls=ssl.create_default_context())
    with pytest.raises(FetchError, match="cannot be reached"):
        fetcher.request(service.url.replace("http:", "https:"))
