"""The lowest floor of the HTTP client: sockets under one deadline, to allowed addresses only, that know when a byte leaves."""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore

from jobs.carriers.http.errors import NeverLeft

# What is written in one piece; the time left is looked at between pieces.
_PIECE = 4 * 2**10
# IPv6 addresses that carry an IPv4 one in their last 32 bits: 64:ff9b::/96 (NAT64) and ::/96 (deprecated).
_CARRIERS_OF_IPV4 = {0x0064FF9B << 64, 0}
_NAT64_OF_THE_HOUSE = ipaddress.ip_network("64:ff9b:1::/48")


class DeadlinePassed(Exception):
    """The time of this call is over."""


class Call:
    """One call under way."""

    def __init__(self, ends_at: float) -> None:
        self.ends_at = ends_at  # monotonic
        self.left = False  # whether the first byte of the request may have left

    def remaining_s(self) -> float:
        """Seconds until the deadline. Raises DeadlinePassed when there are none."""
        left_s = self.ends_at - time.monotonic()
        if left_s <= 0:
            raise DeadlinePassed
        return left_s


_work = threading.local()


@contextmanager
def under(call: Call) -> Iterator[None]:
    """Whatever this thread does on a wire belongs to `call`: connections are shared, calls are not."""
    _work.call = call
    try:
        yield
    finally:
        del _work.call


def _call() -> Call:
    call: Call = _work.call
    return call


class Line(httpcore.NetworkStream):
    """A connection on which every step ends at the deadline of the call it is made for."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002  the deadline is the call's
        return self._inner.read(max_bytes, _call().remaining_s())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        call = _call()
        for start in range(0, len(buffer), _PIECE):
            left_s = call.remaining_s()
            # Said before the system is asked: an error of the first write may come after the first byte.
            call.left = True
            self._inner.write(buffer[start : start + _PIECE], left_s)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        return Line(self._inner.start_tls(ssl_context, server_hostname, _call().remaining_s()))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class Wire(httpcore.NetworkBackend):
    """Makes connections: resolves a name within the deadline and connects to what it resolved, to nothing else.

    `plain`: without TLS, to this machine only. `allow_loopback`: this machine is allowed at all.
    """

    def __init__(self, *, plain: bool, allow_loopback: bool) -> None:
        self._plain = plain
        self._allow_loopback = allow_loopback
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """The first address that answers. Raises NeverLeft for a name that does not resolve or leads to a forbidden address."""
        addresses = _resolved(host, port, _call().remaining_s())
        for address in addresses:
            if not self._allowed(address):
                raise NeverLeft(f"{host} leads to {address}, which is no public address")
        refused: Exception | None = None
        for tried, address in enumerate(addresses):
            # An address that says nothing does not use up the time of the next.
            share_s = _call().remaining_s() / (len(addresses) - tried)
            try:
                return Line(
                    self._sockets.connect_tcp(address, port, share_s, local_address, list(socket_options or ()))
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                refused = error
        raise refused or NeverLeft(f"{host} has no address")

    def sleep(self, seconds: float) -> None:
        """Nothing here waits to try again."""
        raise NotImplementedError(f"a call was about to be repeated after {seconds} s")

    def _allowed(self, address: str) -> bool:
        if is_loopback(address):
            return self._allow_loopback
        return not self._plain and is_public(address)


def is_public(address: str) -> bool:
    """Whether a literal address is one of the open internet, also the one that it carries inside itself."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.is_site_local or ip.teredo or ip in _NAT64_OF_THE_HOUSE:
            return False
        carried = ip.ipv4_mapped or ip.sixtofour
        if carried is None and int(ip) >> 32 in _CARRIERS_OF_IPV4:
            carried = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        ip = carried or ip
    return ip.is_global and not ip.is_multicast


def is_loopback(host: str) -> bool:
    """Whether a literal address, or `localhost`, is this machine."""
    if host == "localhost":
        return True
    try:
        ip = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return (getattr(ip, "ipv4_mapped", None) or ip).is_loopback


def _resolved(host: str, port: int, within_s: float) -> list[str]:
    """The addresses of a name. The system's resolver knows no deadline, so it is asked aside and left behind when slow."""
    try:
        return [str(ipaddress.ip_address(host.strip("[]")))]
    except ValueError:
        pass
    found: list[str] = []
    trouble: list[str] = []

    def ask() -> None:
        try:
            told = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(entry[4][0]) for entry in told))
        except (OSError, UnicodeError) as error:
            trouble.append(str(error))

    asking = threading.Thread(target=ask, name="resolve", daemon=True)
    asking.start()
    asking.join(within_s)
    if not found:
        raise NeverLeft(f"{host} does not resolve: {trouble[0] if trouble else 'no answer in time'}")
    return list(found)
