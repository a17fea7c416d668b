"""The address of a client behind proxies."""

import ipaddress
from collections.abc import Sequence

from oa_shared.settings import SettingsError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_SITE_BITS = 64


class Networks:
    """A set of networks, written as 10.0.0.0/8. Raises SettingsError for an invalid one."""

    def __init__(self, setting: str, texts: Sequence[str]) -> None:
        try:
            self._networks = [ipaddress.ip_network(text) for text in texts]
        except ValueError as error:
            raise SettingsError(f"{setting}: expected networks such as 10.0.0.0/8 ({error})") from error

    def __contains__(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def client_address(peer: str | None, forwarded: Sequence[str], trusted: Networks) -> Address | None:
    """Return the nearest address that is not a trusted proxy; None if there is none.

    `forwarded` are the values of X-Forwarded-For. A client can send any values: only those at the end, which trusted
    proxies have added, are used.
    """
    address = _parse(peer or "")
    chain = [part.strip() for value in forwarded for part in value.split(",")]
    while address is not None and address in trusted and chain:
        previous = _parse(chain.pop())
        if previous is None:
            break
        address = previous
    return address


def client_key(address: Address | None) -> str:
    """Return the key of a client's rate limit: its address, or for IPv6 the /64 network that a customer gets."""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, _SITE_BITS), strict=False))
    return str(address)


def _parse(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address
