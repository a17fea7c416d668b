"""Every list of things that events change is fetched again when an event arrives."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

TEMPLATES = Path(str(files("oa_api") / "templates"))
NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
# No event reports a change of these; the review shows one result, whose decision a refresh must not replace.
WITHOUT_EVENTS = {
    *("accounts/accounts.html", "accounts/audit_log.html", "accounts/profile.html", "dead_letters/list.html"),
    *("uploads/uploads.html", "webhooks/list.html", "webhooks/webhook.html"),
    *("sources/search.html", "sources/tree.html", "failures/review.html", "bulk_actions/preview.html"),
    # What has ended does not change.
    *("datasets/comparison.html", "datasets/dataset.html", "reporting/speed.html"),
    *("products/collection.html", "datasets/map.html", "documentation/components.html"),
    # Fetched again every ten seconds, also when no event can arrive.
    "status/status.html",
}


def read(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")


def has_rows(name: str) -> bool:
    text = read(name)
    return 'extends "base.html"' in text and ("ui.table(" in text or "rows.html" in text)


@pytest.mark.parametrize("name", [name for name in NAMES if has_rows(name) and name not in WITHOUT_EVENTS])
def test_list_listens_to_events(name: str) -> None:
    text = read(name)
    assert '{% include "live.html" %}' in text
    assert "ui.live(" in text
    assert "data-live" in text, "the page does not say whether it is live"
    parts = dict(re.findall(r'ui\.refresh\([^,]+, "(\w+)", (\[[^\]]*\])', text))
    assert parts, "no part is fetched again"
    blocks = set(re.findall(r"{% block (\w+) %}", text))
    assert set(parts) <= blocks, "htmx would put the entire page into the part"
    assert all("job" in events for events in parts.values())


def test_lists_without_events_exist() -> None:
    assert {name for name in WITHOUT_EVENTS if not has_rows(name)} == set()
