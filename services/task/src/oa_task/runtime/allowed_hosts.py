"""Hosts that the task may reach although they are not on the public internet."""

import os


def read_allowed_hosts() -> tuple[str, ...]:
    """Return the comma-separated exceptions in OA_ALLOW_HOSTS, each `host:port` or `host`, for use on one machine."""
    return tuple(host for host in os.environ.get("OA_ALLOW_HOSTS", "").split(",") if host)
