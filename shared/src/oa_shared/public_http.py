"""HTTP to untrusted URLs: only to the public internet, checked at every redirect (docs/architecture.md)."""

import socket
from collections.abc import Iterable, Mapping

import aiohttp
from aiohttp.abc import AbstractCookieJar, AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from oa_shared.errors import OaError
from oa_shared.public_addresses import is_public, literal_address


class AddressRefusedError(OaError):
    """An address is not on the public internet, or its scheme is not supported."""

    code = "source.address_refused"
    title = "The address is not on the public internet."


_PUBLIC_PREFIX = "http://"


class Guard:
    """Decides which hosts may be reached: public ones, and exceptions for hosts on private networks.

    An exception `host:port` opens one port of an internal service; messages never quote what that service sends. An
    exception `http://host:port` opens one port of a server whose files are public anyway; messages quote them, as they
    quote those of an exception `host`, which opens every port, for development and tests on one machine.
    """

    def __init__(self, exceptions: Iterable[str] = ()) -> None:
        self._hosts: set[str] = set()
        self._services: set[tuple[str, int]] = set()
        self._public_servers: set[tuple[str, int]] = set()
        self._has_reached_service = False
        for text in exceptions:
            is_public_server = text.strip().lower().startswith(_PUBLIC_PREFIX)
            host, port = _split_exception(text.strip().lower().removeprefix(_PUBLIC_PREFIX))
            if port is None:
                self._hosts.add(host)
            elif is_public_server:
                self._public_servers.add((host, port))
            else:
                self._services.add((host, port))

    def is_allowed(self, host: str, port: int | None) -> bool:
        """Return whether an exception opens a port of a host."""
        is_service = self._is_service(host, port)
        self._has_reached_service |= is_service
        is_public_server = port is not None and (host.lower(), port) in self._public_servers
        return is_service or is_public_server or host.lower() in self._hosts

    @property
    def has_reached_service(self) -> bool:
        """Return whether this guard has let a request pass to a service that an exception opens."""
        return self._has_reached_service

    def may_quote(self, url: URL) -> bool:
        """Return whether a message may quote what the server at a URL sends."""
        return not self._is_service(url.host or "", url.port)

    def may_show_answer(self, url: URL) -> bool:
        """Return whether pages may show the answer of the server at a URL: no exception opens its host.

        An exception that treats a server as public does not count.
        """
        host, port = (url.host or "").lower(), url.port
        return host not in self._hosts and not self._is_service(host, port)

    def _is_service(self, host: str, port: int | None) -> bool:
        return port is not None and (host.lower(), port) in self._services

    def resolve(self, host: str, port: int) -> str:
        """Return an address of a host, for connections that aiohttp does not open. The call blocks.

        Raises AddressRefusedError if one of the addresses is not public, OSError if the host has none.
        """
        addresses = [str(item[4][0]) for item in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        self.check_addresses(host, port, addresses)
        return addresses[0]

    def check_addresses(self, host: str, port: int, addresses: Iterable[str]) -> None:
        """Raise AddressRefusedError if one of the addresses of a host is not public and no exception opens the port."""
        private = [address for address in addresses if not is_public(address)]
        if private and not self.is_allowed(host, port):
            raise AddressRefusedError(f"{host} is at {private[0]}, which is not on the public internet")

    def check(self, url: URL) -> URL:
        """Return the URL if its scheme is allowed and its host, where it is a literal address, is public.

        Raises AddressRefusedError. `GuardedResolver` checks names when it resolves them.
        """
        if url.scheme not in {"http", "https"} or not url.host:
            raise AddressRefusedError(f"{str(url)[:200]!r} is not an http or https address")
        literal = literal_address(url.host)
        if literal is not None and not is_public(literal) and not self.is_allowed(url.host, url.port):
            raise AddressRefusedError(f"{url.host} is not on the public internet")
        return url


def _split_exception(text: str) -> tuple[str, int | None]:
    """Return the host and the port of an exception, None for every port; an IPv6 address with a port is in brackets."""
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        return host, int(port.removeprefix(":")) if port else None
    host, separator, port = text.rpartition(":")
    is_ipv6 = ":" in host
    return (host, int(port)) if separator and not is_ipv6 else (text, None)


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
        self._guard.check_addresses(host, port, [item["host"] for item in results])
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
