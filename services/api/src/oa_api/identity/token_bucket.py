"""A token bucket for each client, refilled steadily (the generic cell rate algorithm: one number per client)."""

import math
from collections import OrderedDict
from dataclasses import dataclass

MAX_CLIENTS = 100_000


@dataclass(frozen=True, slots=True)
class Quota:
    """A number of requests in a window, in bursts or evenly."""

    name: str
    requests: int
    window_s: int = 60


@dataclass(frozen=True, slots=True)
class RateDecision:
    """The state after a request: the bucket is full again in `full_in_s`; `wait_s` > 0 if the request exceeds it."""

    quota: Quota
    remaining: int
    full_in_s: int
    wait_s: int = 0


class RateLimiter:
    """The buckets of all clients, in memory; beyond `max_clients` the least recently used are dropped."""

    def __init__(self, max_clients: int = MAX_CLIENTS) -> None:
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self._max_clients = max_clients

    def consume(self, client: str, quota: Quota, now: float) -> RateDecision:
        """Take a request from a client's bucket and return the decision; `now` is in seconds of a monotonic clock."""
        interval_s = quota.window_s / quota.requests
        full_at = max(self._full_at.get(client, now), now) + interval_s
        too_early_s = full_at - now - quota.window_s
        if too_early_s > interval_s / 1000:  # a thousandth, for rounding errors that add up
            return RateDecision(quota, 0, math.ceil(full_at - interval_s - now), wait_s=max(1, math.ceil(too_early_s)))
        self._full_at[client] = full_at
        self._full_at.move_to_end(client)
        if len(self._full_at) > self._max_clients:
            self._full_at.popitem(last=False)
        return RateDecision(quota, int(max(0.0, -too_early_s) / interval_s + 1e-6), math.ceil(full_at - now))
