"""HTTP to addresses that strangers wrote: only to the public internet, checked at every hop (DESIGN section 6)."""

import ipaddress
import socket
from collections.abc import Iterable
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from oa_shared.errors import OaError

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_IPV4_BITS = 0xFFFFFFFF


class AddressRefusedError(OaError):
    """An address is not on the public internet, or not one of a scheme that we speak."""

    code = "source.address_refused"
    title = "The address is not one on the public internet."


def is_public(text: str) -> bool:
    """Return whether an IP address is globally routable; an IPv4 address inside an IPv6 one is what counts."""
    address = ipaddress.ip_address(text.partition("%")[0])
    inner = _inner(address)
    return address.is_global and not address.is_multicast and (inner is None or is_public(str(inner)))


def _inner(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & _IPV4_BITS)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def _literal(host: str) -> str | None:
    """Return the IP address that a host is written as, in the old short and numeric forms too, or None for a name."""
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None


class Guard:
    """Knows which hosts were opened by name, for use on one machine."""

    def __init__(self, allowed_hosts: Iterable[str] = ()) -> None:
        self._opened = frozenset(host.lower() for host in allowed_hosts)

    def is_allowed(self, host: str) -> bool:
        """Return whether a host was opened by name."""
        return host.lower() in self._opened

    def resolve(self, host: str, port: int) -> str:
        """Return an address of a host, for connections that are not made by aiohttp; it blocks.

        Raises AddressRefusedError if one of the host's addresses is not public, OSError if it has none.
        """
        found = [str(item[4][0]) for item in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        private = [address for address in found if not is_public(address)]
        if private and not self.is_allowed(host):
            raise AddressRefusedError(f"{host} is at {private[0]}, which is not on the public internet")
        return found[0]

    def check(self, url: URL) -> URL:
        """Return the address if its scheme and, where it is a literal, its host may be used.

        Raises AddressRefusedError. Names are checked when they are resolved, by `GuardedResolver`.
        """
        if url.scheme not in {"http", "https"} or not url.host:
            raise AddressRefusedError(f"{str(url)[:200]!r} is not an http or https address")
        literal = _literal(url.host)
        if literal is None:
            return url
        if not is_public(literal) and not self.is_allowed(url.host):
            raise AddressRefusedError(f"{url.host} is not on the public internet")
        return url


class GuardedResolver(AbstractResolver):
    """Resolves once; the connection goes to what was checked, so a name cannot change its mind in between."""

    def __init__(self, guard: Guard) -> None:
        self._resolver = ThreadedResolver()
        self._guard = guard

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        """Return the addresses of a host. Raises AddressRefusedError if one of them is not public."""
        found = await self._resolver.resolve(host, port, family)
        private = [item["host"] for item in found if not is_public(item["host"])]
        if private and not self._guard.is_allowed(host):
            raise AddressRefusedError(f"{host} is at {private[0]}, which is not on the public internet")
        return found

    async def close(self) -> None:
        """Release nothing."""
        await self._resolver.close()


def public_session(
    guard: Guard, *, timeout: aiohttp.ClientTimeout, connections: int = 100, **options: Any
) -> aiohttp.ClientSession:
    """Return a session that connects only to public addresses, to hosts opened by name, and through no proxy.

    Names are checked as they are resolved; an address that may be a literal, or a redirect, is for `Guard.check`.
    """
    connector = aiohttp.TCPConnector(resolver=GuardedResolver(guard), limit=connections)
    return aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False, **options)
