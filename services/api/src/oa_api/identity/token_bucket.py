"""A bucket of requests for each client, refilled steadily (the generic cell rate algorithm: one number a client)."""

import math
from collections import OrderedDict
from dataclasses import dataclass

MAX_CLIENTS = 100_000


@dataclass(frozen=True, slots=True)
class Quota:
    """So many requests in so many seconds, at once or one by one."""

    name: str
    requests: int
    window_s: int = 60


@dataclass(frozen=True, slots=True)
class RateDecision:
    """What is left after a request: `full_in_s` until everything is back, `wait_s` > 0 if there was nothing left."""

    quota: Quota
    remaining: int
    full_in_s: int
    wait_s: int = 0


class RateLimiter:
    """The buckets of all clients, in memory; when there are too many, those unused for longest are forgotten."""

    def __init__(self, max_clients: int = MAX_CLIENTS) -> None:
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self._max_clients = max_clients

    def spend(self, client: str, quota: Quota, now: float) -> RateDecision:
        """Take one request from a client's bucket at a moment, in seconds of any clock that goes forward."""
        apart_s = quota.window_s / quota.requests
        full_at = max(self._full_at.get(client, now), now) + apart_s
        too_early_s = full_at - now - quota.window_s
        if too_early_s > apart_s / 1000:  # a thousandth, for what floats lose in adding up
            return RateDecision(quota, 0, math.ceil(full_at - apart_s - now), wait_s=max(1, math.ceil(too_early_s)))
        self._full_at[client] = full_at
        self._full_at.move_to_end(client)
        if len(self._full_at) > self._max_clients:
            self._full_at.popitem(last=False)
        return RateDecision(quota, int(max(0.0, -too_early_s) / apart_s + 1e-6), math.ceil(full_at - now))
