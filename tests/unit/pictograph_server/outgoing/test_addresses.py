"""Which addresses the server connects to: public ones, and what an operator allows."""

from ipaddress import ip_network

import pytest

from pictograph_server.outgoing.addresses import AddressRefused, allowed_address, is_allowed


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("127.0.0.1", id="this machine"),
        pytest.param("127.8.8.8", id="all of 127"),
        pytest.param("0.0.0.0", id="any address"),
        pytest.param("10.0.0.1", id="private class A"),
        pytest.param("172.16.0.1", id="private class B"),
        pytest.param("192.168.1.1", id="private class C"),
        pytest.param("169.254.169.254", id="a cloud's metadata"),
        pytest.param("100.64.0.1", id="carrier's network"),
        pytest.param("224.0.0.1", id="multicast"),
        pytest.param("255.255.255.255", id="broadcast"),
        pytest.param("240.0.0.1", id="reserved"),
        pytest.param("::1", id="this machine, IPv6"),
        pytest.param("::", id="any address, IPv6"),
        pytest.param("fe80::1%eth0", id="link"),
        pytest.param("fd00::1", id="unique local"),
        pytest.param("fec0::1", id="site local"),
        pytest.param("::ffff:127.0.0.1", id="IPv4 in IPv6"),
        pytest.param("64:ff9b::7f00:1", id="NAT64 of 127.0.0.1"),
        pytest.param("2002:7f00:1::", id="6to4 of 127.0.0.1"),
        pytest.param("not an address", id="no address"),
    ],
)
def test_is_allowed__private_is_not(address: str):
    assert not is_allowed(address, ())


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808"])
def test_is_allowed__public_is(address: str):
    assert is_allowed(address, ())


def test_is_allowed__a_network_that_was_named():
    allowed = [ip_network("10.1.0.0/16")]
    assert is_allowed("10.1.2.3", allowed)
    assert is_allowed("::ffff:10.1.2.3", allowed)
    assert not is_allowed("10.2.0.1", allowed)


def test_allowed_address__is_the_one_that_was_checked():
    assert allowed_address("example.com", 443, (), resolve=lambda _host, _port: ["93.184.216.34", "93.184.216.35"]) == (
        "93.184.216.34"
    )


def test_allowed_address__one_private_address_refuses_the_host():
    with pytest.raises(AddressRefused, match=r"10\.0\.0\.5, which is not a public address"):
        allowed_address("sly.example", 80, (), resolve=lambda _host, _port: ["93.184.216.34", "10.0.0.5"])


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1"])
def test_allowed_address__numbers_written_in_other_ways(host: str):
    with pytest.raises(AddressRefused):
        allowed_address(host, 80, ())


def test_allowed_address__unknown_name():
    def unknown(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(AddressRefused, match="not known"):
        allowed_address("nowhere.invalid", 80, (), resolve=unknown)
