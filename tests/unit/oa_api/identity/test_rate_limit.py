"""Token buckets, and the client address of a request."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_api.identity.client_address import Networks, client_address, client_key
from oa_api.identity.token_bucket import Quota, RateLimiter
from oa_shared.settings import SettingsError

QUOTA = Quota("q", 6, 60)
PROXIES = Networks("OA_X", ["10.0.0.0/8"])


def test_bucket_permits_a_burst_then_one_request_per_interval() -> None:
    buckets = RateLimiter()
    assert [buckets.consume("a", QUOTA, 0).remaining for _ in range(6)] == [5, 4, 3, 2, 1, 0]
    refused = buckets.consume("a", QUOTA, 0)
    assert refused.wait_s == 10
    assert refused.remaining == 0
    assert refused.full_in_s == 60
    assert [buckets.consume("a", QUOTA, moment).wait_s for moment in (9, 10, 11, 20)] == [1, 0, 9, 0]


@given(st.integers(1, 50), st.lists(st.floats(0, 30, allow_nan=False), max_size=200))
def test_bucket_permits_at_most_twice_the_quota_in_any_window(requests: int, pauses: list[float]) -> None:
    buckets, quota, now, passed = RateLimiter(), Quota("q", requests, 60), 0.0, []
    for pause in pauses:
        now += pause
        if not buckets.consume("a", quota, now).wait_s:
            passed.append(now)
    for start in passed:
        assert sum(start <= moment < start + 60 for moment in passed) <= 2 * requests


def test_buckets_of_too_many_clients_drop_the_least_recently_used() -> None:
    buckets, quota = RateLimiter(max_clients=2), Quota("q", 1, 60)
    for client in ("a", "b", "c"):
        buckets.consume(client, quota, 0)
    assert [buckets.consume(client, quota, 1).wait_s > 0 for client in ("b", "c", "a")] == [True, True, False]


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["1.1.1.1", "198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", ["198.51.100.7, nonsense"], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("::ffff:192.0.2.1", [], "192.0.2.1"),
        ("fe80::1%eth0", [], "fe80::1"),
    ],
)
def test_client_address_is_the_first_untrusted_one(peer: str, forwarded: list[str], expected: str) -> None:
    assert str(client_address(peer, forwarded, PROXIES)) == expected


def test_client_key_is_the_same_within_one_ipv6_network() -> None:
    keys = {client_key(ipaddress.ip_address(text)) for text in ("2001:db8::1", "2001:db8::ffff:1")}
    assert keys == {"2001:db8::/64"}
    assert client_key(None) == "None"


def test_invalid_networks_name_the_setting() -> None:
    with pytest.raises(SettingsError, match="OA_X: expected networks"):
        Networks("OA_X", ["10.0.0.1/8"])
