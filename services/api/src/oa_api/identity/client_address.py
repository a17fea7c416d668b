"""Which address a request comes from, when proxies stand in between."""

import ipaddress
from collections.abc import Sequence

from oa_shared.settings import SettingsError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_SITE_BITS = 64


class Networks:
    """Some networks, written as 10.0.0.0/8. Raises SettingsError for what is none."""

    def __init__(self, setting: str, texts: Sequence[str]) -> None:
        try:
            self._networks = [ipaddress.ip_network(text) for text in texts]
        except ValueError as error:
            raise SettingsError(f"{setting}: expected networks such as 10.0.0.0/8 ({error})") from error

    def __contains__(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def client_address(peer: str | None, forwarded: Sequence[str], trusted: Networks) -> Address | None:
    """Return the address nearest to us that is not a proxy of ours; None if there is none.

    `forwarded` are the values of X-Forwarded-For: whoever is not trusted can write anything there, so only what a
    trusted proxy has added, at the end, is read.
    """
    address = _address(peer or "")
    chain = [part.strip() for value in forwarded for part in value.split(",")]
    while address is not None and address in trusted and chain:
        farther = _address(chain.pop())
        if farther is None:
            break
        address = farther
    return address


def client_key(address: Address | None) -> str:
    """Return by what a client is known: its address, or for IPv6 the network that a customer is given."""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, _SITE_BITS), strict=False))
    return str(address)


def _address(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found
