"""A browser that opens pages and collects the errors that it reports about them."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

ROOT = Path(__file__).parents[2]
AXE = ROOT / ".local/web/axe.min.js"
SHOTS = ROOT / ".local/screenshots"
WEIGHTS = SHOTS / "weights"
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
_SERIOUS = frozenset({"serious", "critical"})
# Chromium logs each response of 400 and above, including the page that a test requests; and WebGL without a GPU.
_HARMLESS = re.compile(
    r"^Failed to load resource: the server responded with a status of [45]\d\d|GPU stall due to ReadPixels"
)


@dataclass
class Visitor:
    """One browser profile at one site. `complaints` are errors of the console, the security policy and scripts."""

    browser: Browser
    url: str
    cookies: dict[str, str] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    def blank(self, *, scripts: bool = True, **options: Any) -> Page:
        """Open a window with a new profile."""
        context = self.browser.new_context(
            base_url=self.url, viewport=DESK, java_script_enabled=scripts, reduced_motion="reduce", **options
        )
        self._contexts.append(context)
        for name, value in self.cookies.items():
            context.add_cookies([{"name": name, "value": value, "url": self.url}])
        page = context.new_page()
        page.on("console", self._record)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        return page

    def open(self, path: str, *, scripts: bool = True, status: int = 200, **options: Any) -> Page:
        """Open a page with a new profile."""
        page = self.blank(scripts=scripts, **options)
        answer = page.goto(path, wait_until="load")
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"
        return page

    def _record(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not _HARMLESS.search(message.text):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def leave(self) -> None:
        """Close all windows and assert that the browser reported no complaint."""
        for context in self._contexts:
            context.close()
        assert not self.complaints, "\n".join(self.complaints)


def find_violations(page: Page) -> list[str]:
    """Return the serious and critical accessibility violations that axe finds."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("async () => (await axe.run({resultTypes: ['violations']})).violations")
    return [
        f"{rule['id']}: {rule['help']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for rule in found
        if rule["impact"] in _SERIOUS
        for node in rule["nodes"][:3]
    ]


def check_page(page: Page, name: str) -> None:
    """Take screenshots of the page in light, dark and on a phone, and assert that axe finds no violation in each."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    for variant, scheme, size in (("light", "light", DESK), ("dark", "dark", DESK), ("phone", "light", PHONE)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        page.screenshot(path=SHOTS / f"{name}-{variant}.png", full_page=True)
        found = find_violations(page)
        assert found == [], f"{name}, {variant}: {found}"
        assert not is_wider_than_window(page), f"{name}, {variant}: the page scrolls sideways"


def is_wider_than_window(page: Page) -> bool:
    """Return whether the page scrolls sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))
