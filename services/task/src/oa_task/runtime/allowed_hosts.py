"""Hosts that may be asked although they are not on the public internet."""

import os


def read_allowed_hosts() -> tuple[str, ...]:
    """Return the names in OA_ALLOWED_HOSTS, a comma list, for use on one machine."""
    return tuple(host for host in os.environ.get("OA_ALLOWED_HOSTS", "").split(",") if host)
