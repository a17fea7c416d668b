"""HTTP to untrusted URLs: only to the public internet, checked at every redirect (docs/architecture.md)."""

import ipaddress
import socket
from collections.abc import Iterable, Mapping

import aiohttp
from aiohttp.abc import AbstractCookieJar, AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from oa_shared.errors import OaError

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_IPV4_BITS = 0xFFFFFFFF


class AddressRefusedError(OaError):
    """An address is not on the public internet, or its scheme is not supported."""

    code = "source.address_refused"
    title = "The address is not on the public internet."


def is_public(text: str) -> bool:
    """Return whether an IP address is globally routable; an IPv4 address embedded in an IPv6 one must be too."""
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
    """Return the IP address that a host spells, also in the short and numeric forms; None for a name."""
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None


class Guard:
    """Decides which hosts may be reached: public ones, and those allowed by name, for use on one machine."""

    def __init__(self, allowed_hosts: Iterable[str] = ()) -> None:
        self._allowed = frozenset(host.lower() for host in allowed_hosts)

    def is_allowed(self, host: str) -> bool:
        """Return whether a host is allowed by name."""
        return host.lower() in self._allowed

    def resolve(self, host: str, port: int) -> str:
        """Return an address of a host, for connections that aiohttp does not open. The call blocks.

        Raises AddressRefusedError if one of the addresses is not public, OSError if the host has none.
        """
        addresses = [str(item[4][0]) for item in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        private = [address for address in addresses if not is_public(address)]
        if private and not self.is_allowed(host):
            raise AddressRefusedError(f"{host} is at {private[0]}, which is not on the public internet")
        return addresses[0]

    def check(self, url: URL) -> URL:
        """Return the URL if its scheme is allowed and its host, where it is a literal address, is public.

        Raises AddressRefusedError. `GuardedResolver` checks names when it resolves them.
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
    """Resolves a name once: the connection goes to the checked address, even if the name changes in between."""

    def __init__(self, guard: Guard) -> None:
        self._resolver = ThreadedResolver()
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a host. Raises AddressRefusedError if one of them is not public."""
        results = await self._resolver.resolve(host, port, family)
        private = [item["host"] for item in results if not is_public(item["host"])]
        if private and not self._guard.is_allowed(host):
            raise AddressRefusedError(f"{host} is at {private[0]}, which is not on the public internet")
        return results

    async def close(self) -> None:
        """Close the underlying resolver."""
        await self._resolver.close()


def public_session(
    guard: Guard,
    *,
    timeout: aiohttp.ClientTimeout,
    connections: int = 100,
    headers: Mapping[str, str] | None = None,
    cookie_jar: AbstractCookieJar | None = None,
    auto_decompress: bool = True,
) -> aiohttp.ClientSession:
    """Return a session that connects only to public addresses and to hosts allowed by name, never through a proxy.

    It checks names when it resolves them. Literal addresses and redirects need `Guard.check`.
    """
    connector = aiohttp.TCPConnector(resolver=GuardedResolver(guard), limit=connections)
    return aiohttp.ClientSession(
        connector=connector,
        timeout=timeout,
        headers=headers,
        cookie_jar=cookie_jar,
        auto_decompress=auto_decompress,
        trust_env=False,
    )
