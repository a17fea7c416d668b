"""The limits of a download, and those of one for which an author waits."""

from collections.abc import Callable
from dataclasses import dataclass

OnProgress = Callable[[int, int | None], None]  # receives the amount done, and the total if it is known


@dataclass(frozen=True, slots=True)
class DownloadLimits:
    """Limits of size and time; `page_*`, `in_flight` and `gap_s` apply to servers that send pages.

    A web page in place of data may be the notice of an outage: `repeats_web_pages` fetches it again, up to `tries`.
    """

    size_bytes: int = 20 * 1024**3
    total_s: float = 4 * 3600
    stall_s: float = 60
    connect_s: float = 30
    redirects: int = 10
    tries: int = 4
    backoff_s: float = 1.0
    longest_pause_s: float = 120.0
    page_features: int = 1000
    page_bytes: int = 64 * 1024**2
    page_values: int = 6_000_000
    reply_lines: int = 200
    reply_bytes: int = 64 * 1024
    page_failures: int = 12
    in_flight: int = 4
    gap_s: float = 0.02
    repeats_web_pages: bool = True

    def pause_s(self, failures: int, retry_after_s: float | None = None) -> float:
        """Return the pause after a number of failures, or the pause that the server requests, up to the limit."""
        if retry_after_s is not None:
            return min(retry_after_s, self.longest_pause_s)
        return float(min(self.backoff_s * 2 ** (max(failures, 1) - 1), self.longest_pause_s / 4))


# The author sees the page and its links at once, and knows whether its address is the wrong one.
AUTHOR_LIMITS = DownloadLimits(repeats_web_pages=False)
