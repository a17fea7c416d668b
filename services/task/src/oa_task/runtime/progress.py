"""The callback by which long work reports how far it is."""

from collections.abc import Callable

Progress = Callable[[str, int, int | None], None]
"""Accepts the phase, the amount done, and the total if it is known."""

DOWNLOAD, FETCH, INPUTS = "download", "fetch", "inputs"
_UNITS = {DOWNLOAD: "bytes", INPUTS: "inputs"}


def unit_of(phase: str) -> str:
    """Return what a phase counts: bytes, inputs or features."""
    return _UNITS.get(phase, "features")
