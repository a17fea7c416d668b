"""IP addresses of the public internet: a table of our own, because that of `ipaddress` varies between interpreters.

The ranges are those of the IANA registries of special-purpose addresses (RFC 6890) that are not globally reachable,
with the transition prefixes whose addresses embed an IPv4 address.
"""

import ipaddress
import socket

_PRIVATE_IPV4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, with the metadata of cloud machines
        "172.16.0.0/12",
        "192.0.0.0/24",  # IETF protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, with the broadcast address
    )
)
_GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")  # everything else is private, reserved or a translation
_PRIVATE_IPV6 = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # IETF protocol assignments, with Teredo
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_ISATAP = 0x5EFE  # the second 16 bits of the interface ID
_LOCAL_BIT = 0x0200
_IPV4_BITS = 0xFFFFFFFF


def is_public(text: str) -> bool:
    """Return whether an IP address is on the public internet; an IPv4 address embedded in an IPv6 one must be too."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _PRIVATE_IPV4)
    if address.ipv4_mapped is not None:
        return is_public(str(address.ipv4_mapped))
    if address in _NAT64:
        return is_public(str(_last_bits(address)))
    if address not in _GLOBAL_IPV6 or any(address in network for network in _PRIVATE_IPV6):
        return False
    embedded = address.sixtofour or _isatap(address)
    return embedded is None or is_public(str(embedded))


def literal_address(host: str) -> str | None:
    """Return the IP address that a host spells, also in the short and numeric forms; None for a name."""
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None


def _isatap(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address in an ISATAP address (RFC 5214), None for another address."""
    interface = int(address) >> 32 & 0xFFFFFFFF
    return _last_bits(address) if interface & ~(_LOCAL_BIT << 16) == _ISATAP else None


def _last_bits(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int(address) & _IPV4_BITS)
