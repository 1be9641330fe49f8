"""Which addresses the server may connect to for somebody else: public ones, and private networks an operator named."""

import socket
import threading
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from queue import Empty, SimpleQueue

Network = IPv4Network | IPv6Network
# Returns the addresses of a host, as text.
Resolve = Callable[[str, int], Sequence[str]]

# An IPv4 address inside an IPv6 one (RFC 6052, RFC 3056): the gateway connects to the inner one.
_NAT64 = IPv6Network("64:ff9b::/96")


class AddressRefused(Exception):
    """The host may not be connected to; the message says why, for the person who asked."""


class TooSlowToResolve(Exception):
    """The name service did not answer in time."""


def allowed_address(
    host: str, port: int, allowed: Sequence[Network], *, resolve: Resolve | None = None, timeout_s: float | None = None
) -> str:
    """Return the one address of `host` to connect to, resolved here and now.

    The caller connects to what is returned and never resolves again, so a name server that answers differently the
    next time changes nothing. A host is refused when any of its addresses is: it may not choose by luck.

    Raises:
        AddressRefused: the name is unknown, or stands for an address that is not public and not in `allowed`.
        TooSlowToResolve: there was no answer for `timeout_s` seconds.
    """
    try:
        found = _resolved_in_time(resolve or _resolve, host, port, timeout_s)
    except (OSError, UnicodeError):
        raise AddressRefused(f"the name {host!r} is not known to the server's name service") from None
    if not found:
        raise AddressRefused(f"the name {host!r} has no address")
    for text in found:
        if not is_allowed(text, allowed):
            raise AddressRefused(
                f"{host!r} is at {text}, which is not a public address (PICTOGRAPH_OUTGOING_ALLOW may name its network)"
            )
    return found[0]


def is_allowed(text: str, allowed: Sequence[Network]) -> bool:
    """Return whether the address is public, or inside one of the networks."""
    try:
        address = _innermost(ip_address(text.partition("%")[0]))
    except ValueError:
        return False
    if any(address in network for network in allowed):
        return True
    if isinstance(address, IPv6Address) and address.is_site_local:
        # What private networks were before RFC 3879; routers still carry it, and Python takes it for global.
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _innermost(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
    if inner is None and address in _NAT64:
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address


def _resolved_in_time(resolve: Resolve, host: str, port: int, timeout_s: float | None) -> list[str]:
    """Return what `resolve` does, from a thread of its own: the system's call takes no time limit."""
    if timeout_s is None or _is_address(host):
        return list(resolve(host, port))
    answers: SimpleQueue[list[str] | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(list(resolve(host, port)))
        except Exception as error:
            answers.put(error)

    # A daemon: one that hangs ends by the system's own limit, and keeps no process from ending.
    threading.Thread(target=ask, name="pictograph-resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=timeout_s)
    except Empty:
        raise TooSlowToResolve from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _resolve(host: str, port: int) -> list[str]:
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))
