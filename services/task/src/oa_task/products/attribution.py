"""`ATTRIBUTION.txt` and `licenses.csv`: who is to be named, and under which terms each dataset may be used."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from oa_task.products.plan import ProductInput

ATTRIBUTION_FILE, LICENSES_FILE = "ATTRIBUTION.txt", "licenses.csv"
_MOST_TEXT = 2_000
_YES = {True: "yes", False: "no"}


def write_attribution(out: Path, title: str, inputs: Iterable[ProductInput]) -> None:
    """Write for people: a paragraph for each dataset, ordered by its label."""
    paragraphs = [_one_line(title), "This file goes with the data: keep it wherever you pass the data on."]
    for about in sorted(inputs, key=lambda item: (item.label, item.job)):
        facts = _facts(about)
        lines = [facts["source"], f"  Attribution: {facts['attribution'] or 'none asked for'}"]
        lines += [f"  {word}: {facts[key]}" for word, key in _SHOWN if facts[key]]
        paragraphs.append("\n".join(lines))
    (out / ATTRIBUTION_FILE).write_text("\n\n".join(paragraphs) + "\n", encoding="utf-8")


def write_licenses(out: Path, inputs: Iterable[ProductInput]) -> None:
    """Write the same as a table for programs."""
    with (out / LICENSES_FILE).open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, _COLUMNS)
        table.writeheader()
        for about in sorted(inputs, key=lambda item: (item.label, item.job)):
            table.writerow(_facts(about))


_SHOWN = (("License", "license"), ("License address", "url"), ("Share alike", "share_alike"))
_COLUMNS = (
    *("source", "job", "count", "license", "url", "attribution", "attribution_required", "share_alike"),
    *("geojson_sha256", "parquet_sha256"),
)


def _facts(about: ProductInput) -> dict[str, Any]:
    licence = about.license if isinstance(about.license, dict) else {"text": about.license or ""}
    return {
        "source": _one_line(about.label),
        "job": about.job,
        "count": about.count,
        "license": _one_line(licence.get("text")),
        "url": _one_line(licence.get("url")),
        "attribution": _one_line(about.attribution or licence.get("attribution name")),
        "attribution_required": _yes(licence.get("attribution")),
        "share_alike": _yes(licence.get("share-alike")),
        "geojson_sha256": about.geojson_sha256 or "",
        "parquet_sha256": about.sha256,
    }


def _yes(value: Any) -> str:
    return _YES[value] if isinstance(value, bool) else _one_line(value)


def _one_line(value: Any) -> str:
    """Return a stranger's text on one line, without what could steer a terminal, and not endless."""
    words = " ".join(str(value or "").split())
    return "".join(letter if letter.isprintable() else "?" for letter in words)[:_MOST_TEXT]
