"""What a download may cost."""

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class DownloadLimits:
    """Times are seconds. `page_*`, `in_flight` and `gap_s` are for servers that are asked page by page."""

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
    page_failures: int = 12
    in_flight: int = 4
    gap_s: float = 0.02

    def pause_s(self, failures: int, wanted_s: float | None = None) -> float:
        """Return how long to wait after so many failures, or as long as the server wants, within reason."""
        if wanted_s is not None:
            return min(wanted_s, self.longest_pause_s)
        return float(min(self.backoff_s * 2 ** (max(failures, 1) - 1), self.longest_pause_s / 4))
