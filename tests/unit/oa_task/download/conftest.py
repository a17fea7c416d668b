"""Fixtures of the tests of downloads: short limits, and a folder for the raw files."""

from pathlib import Path

import pytest

from oa_task.download.limits import DownloadLimits


@pytest.fixture
def quick() -> DownloadLimits:
    return DownloadLimits(
        size_bytes=100_000,
        stall_s=0.5,
        connect_s=2,
        total_s=20,
        redirects=3,
        tries=3,
        backoff_s=0.01,
        longest_pause_s=0.2,
        gap_s=0,
        page_failures=8,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "raw"
    path.mkdir()
    return path
