"""Hostile pull requests in small: the API stays below its memory limit, answers others, and does not end."""

from abuse.attack import MEMORY_BYTES, attack
from support.hostile_definitions import HOSTILE


def test_hostile_pull_requests_do_not_end_or_stop_the_api() -> None:
    figures = attack(scale=0.1, files=20)
    assert len(figures.seconds) == len(HOSTILE) + 4
    assert figures.states == {"done": len(figures.seconds)}
    assert figures.is_running
    assert figures.errors == []
    assert figures.peak_bytes < MEMORY_BYTES / 2
    assert figures.longest_s < 5, str(figures)
