"""The size of a first visit, and its duration on a slow line; the summary of pytest prints both."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page

from browser.visitor import WEIGHTS, Visitor

# The limit for a page without a map, with its style and scripts, compressed.
MOST_BYTES = 100_000
# What Lighthouse calls slow 4G: 1.6 Mbit/s down, 0.75 up, 150 ms there and back.
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
_TIMES = """(async () => {
  const paint = await new Promise((seen) => {
    new PerformanceObserver((list) => list.getEntriesByName("first-contentful-paint").forEach(seen))
      .observe({ type: "paint", buffered: true });
  });
  const [visit] = performance.getEntriesByType("navigation");
  return { paint_ms: paint.startTime, load_ms: visit.loadEventEnd };
})()"""
PAGES = (
    "/",
    "/overview",
    "/guide/data",
    "/runs",
    "/runs/3",
    "/jobs",
    "/jobs/1",
    "/jobs/1/log",
    "/jobs/1/input",
    "/jobs/1/definition",
    "/docs",
    "/data",
    "/sources/us/ca",
    "/search",
    "/health",
    "/schedules",
)


def measure_first_visit(page: Page, path: str) -> dict[str, Any]:
    """Return the bytes, requests and times of a visit without a cache on a slow line, for the summary of pytest."""
    line = page.context.new_cdp_session(page)
    fetched: list[float] = []
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW)
    line.on("Network.loadingFinished", lambda event: fetched.append(event["encodedDataLength"]))
    page.goto(path, wait_until="load")
    times = page.evaluate(_TIMES)
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    weight = {"path": path, "bytes": int(sum(fetched)), "requests": len(fetched), **times}
    (WEIGHTS / f"{re.sub('[^a-z0-9]+', '-', path).strip('-') or 'front'}.json").write_text(json.dumps(weight))
    return weight


@pytest.mark.parametrize("path", PAGES)
def test_first_visit_stays_within_the_size_limit(visitor: Visitor, path: str) -> None:
    weight = measure_first_visit(visitor.blank(), path)
    assert weight["requests"]
    assert weight["bytes"] <= MOST_BYTES, weight
