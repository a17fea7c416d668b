"""Addresses that a download may reach, by a table that does not depend on the interpreter."""

import pytest
from yarl import URL

from oa_shared.public_addresses import is_public, literal_address
from oa_shared.public_http import AddressRefusedError, Guard

PUBLIC = (
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.1",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2606:4700::1111",
    "2a00:1450:4001::200e",
    "64:ff9b::8.8.8.8",
    "::ffff:8.8.8.8",
    "2002:808:808::1",
    "2a00:1450::5efe:808:808",
)
PRIVATE = (
    "0.0.0.0",  # noqa: S104 - an address that is refused
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.0",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.0",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.0",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:127.0.0.1",
    "::ffff:0:8.8.8.8",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::8.8.8.8",
    "100::1",
    "2001::1",
    "2001:0:808:808::1",
    "2001:2::1",
    "2001:10::1",
    "2001:db8::1",
    "2002:a00:1::1",
    "2002:7f00:1::1",
    "2a00:1450::5efe:a00:1",
    "2a00:1450::200:5efe:7f00:1",
    "3fff::1",
    "5f00::1",
    "4000::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
)


@pytest.mark.parametrize("address", PUBLIC)
def test_is_public_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_is_public_special_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "0177.0.0.1", "127.0.0.1", "::1"])
def test_literal_address_any_spelling_is_an_address(host: str) -> None:
    literal = literal_address(host)
    assert literal is not None
    assert not is_public(literal)


def test_literal_address_name_is_none() -> None:
    assert literal_address("example.org") is None


@pytest.mark.parametrize(
    ("exception", "url", "is_open"),
    [
        ("127.0.0.1", "http://127.0.0.1:9/", True),
        ("127.0.0.1:80", "http://127.0.0.1/", True),
        ("127.0.0.1:443", "https://127.0.0.1/", True),
        ("127.0.0.1:80", "https://127.0.0.1/", False),
        ("127.0.0.1:8003", "http://127.0.0.1:8004/", False),
        ("127.0.0.1:8003", "http://127.0.0.2:8003/", False),
        ("[::1]:8003", "http://[::1]:8003/", True),
        ("[::1]:8003", "http://[::1]:8004/", False),
        ("::1", "http://[::1]:8004/", True),
    ],
)
def test_check_exception_opens_its_port_only(exception: str, url: str, *, is_open: bool) -> None:
    guard = Guard([exception])
    if is_open:
        assert guard.check(URL(url)) == URL(url)
        return
    with pytest.raises(AddressRefusedError):
        guard.check(URL(url))


@pytest.mark.parametrize(("port", "is_open"), [(8003, True), (5432, False)])
def test_resolve_name_of_a_service_opens_its_port_only(port: int, *, is_open: bool) -> None:
    guard = Guard(["localhost:8003"])
    if is_open:
        assert guard.resolve("localhost", port)
        return
    with pytest.raises(AddressRefusedError):
        guard.resolve("localhost", port)


@pytest.mark.parametrize(
    ("exceptions", "may_quote"),
    [(["samples"], True), ([], True), (["samples:8003"], False), (["http://samples:8003"], True)],
)
def test_may_quote_service_of_an_exception_is_never_quoted(exceptions: list[str], *, may_quote: bool) -> None:
    assert Guard(exceptions).may_quote(URL("http://samples:8003/x")) == may_quote


def test_public_server_of_an_exception_is_open_at_its_port_only() -> None:
    guard = Guard(["http://127.0.0.1:8003"])
    assert guard.is_allowed("127.0.0.1", 8003)
    assert not guard.is_allowed("127.0.0.1", 8004)
    assert not guard.has_reached_service
