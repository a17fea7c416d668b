"""A visitor with a browser: opens pages and records every error that the browser reports."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize

ROOT = Path(__file__).parents[2]
AXE = ROOT / ".local/web/axe.min.js"
SHOTS = ROOT / ".local/screenshots"
WEIGHTS = SHOTS / "weights"
DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
# A limit for a hang: on a busy machine a page may take several seconds.
PATIENCE_MS = 60_000
_MOST_EMPTY_PX = 24
_SERIOUS = frozenset({"serious", "critical"})
# Chromium reports each response of 400 and above, even of the page under test, and WebGL without a GPU.
_HARMLESS = re.compile(
    r"^Failed to load resource: the server responded with a status of [45]\d\d|GPU stall due to ReadPixels"
)


@dataclass
class Visitor:
    """One browser profile at one site; `complaints` has the errors of the console, the policy and scripts."""

    browser: Browser
    url: str
    cookies: dict[str, str] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    def blank(self, *, scripts: bool = True, **options: Any) -> Page:
        """Open an empty page in a new profile."""
        context = self.browser.new_context(
            base_url=self.url, viewport=DESK, java_script_enabled=scripts, reduced_motion="reduce", **options
        )
        context.set_default_timeout(PATIENCE_MS)
        self._contexts.append(context)
        for name, value in self.cookies.items():
            context.add_cookies([{"name": name, "value": value, "url": self.url}])
        page = context.new_page()
        page.on("console", self._record)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        return page

    def open(self, path: str, *, scripts: bool = True, status: int = 200, **options: Any) -> Page:
        """Open a page of the site in a new profile."""
        page = self.blank(scripts=scripts, **options)
        answer = page.goto(path, wait_until="load")
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"
        return page

    def _record(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not _HARMLESS.search(message.text):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def leave(self) -> None:
        """Close all pages; fails if the browser reported an error."""
        for context in self._contexts:
            context.close()
        assert not self.complaints, "\n".join(self.complaints)


def find_accessibility_problems(page: Page) -> list[str]:
    """Return the violations of accessibility rules that axe rates serious or critical."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("async () => (await axe.run({resultTypes: ['violations']})).violations")
    return [
        f"{rule['id']}: {rule['help']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for rule in found
        if rule["impact"] in _SERIOUS
        for node in rule["nodes"][:3]
    ]


# A map is drawn when it comes into view, and its colors change within a third of a second.
_SETTLE_MAPS = """async () => {
  const [left, top] = [scrollX, scrollY];
  const pause = (ms) => new Promise((next) => setTimeout(next, ms));
  for (const box of document.querySelectorAll("[data-map]")) {
    if (!box.checkVisibility()) continue;
    box.scrollIntoView();
    for (let waits = 0; waits < 100 && box.isConnected && !box.dataset.drawn; waits++) await pause(100);
    if (!box.isConnected || !box.map) continue;
    const idle = new Promise((done) => { box.map.once("idle", done); box.map.triggerRepaint(); });
    await Promise.race([idle, pause(10_000)]);
  }
  scrollTo(left, top);
}"""


def check_page(page: Page, name: str) -> None:
    """Check accessibility and width in light, in dark and on a phone, with a screenshot of each."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    for variant, scheme, size in (("light", "light", DESK), ("dark", "dark", DESK), ("phone", "light", PHONE)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        page.evaluate(_SETTLE_MAPS)
        page.screenshot(path=SHOTS / f"{name}-{variant}.png", full_page=True)
        found = find_accessibility_problems(page)
        assert found == [], f"{name}, {variant}: {found}"
        assert not is_wider_than_window(page), f"{name}, {variant}: the page scrolls sideways"
        assert empty_pixels_below(page) <= _MOST_EMPTY_PX, f"{name}, {variant}: the page scrolls into nothing"
        assert small_texts(page) == [], f"{name}, {variant}: texts of charts are too small to read"


def empty_pixels_below(page: Page) -> float:
    """Return by how many pixels the page can be scrolled below its content."""
    return float(
        page.evaluate(
            """() => {
              const parts = [...document.querySelectorAll("main, header.side")];
              const ends = parts.map((part) => part.getBoundingClientRect().bottom + scrollY);
              return document.documentElement.scrollHeight - Math.max(innerHeight, ...ends);
            }"""
        )
    )


def small_texts(page: Page) -> list[str]:
    """Return the texts in charts that the browser draws with letters of less than 11 pixels."""
    return list(
        page.evaluate(
            """() => [...document.querySelectorAll(".chart text")]
              .filter((text) => text.getBoundingClientRect().height > 0)
              .filter((text) => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a < 11)
              .map((text) => text.textContent)"""
        )
    )


def is_wider_than_window(page: Page) -> bool:
    """Return whether the page scrolls sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
