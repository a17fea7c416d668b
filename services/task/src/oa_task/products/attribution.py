"""`ATTRIBUTION.txt` and `licenses.csv`: the attribution and the license of each dataset."""

import csv
from collections.abc import Iterable
from pathlib import Path

from oa_shared.licenses import Credit, License, credit_of, normalize_license, stated_license
from oa_shared.product_plans import ProductInput
from oa_shared.products import ATTRIBUTION_FILE, LICENSES_FILE

_MAX_TEXT = 2_000
_MOST_CREDITS = 100
_YES = {True: "yes", False: "no", None: ""}
_LABELS = (("License", "license"), ("License URL", "url"), ("Share alike", "share_alike"))
_COLUMNS = (
    *("source", "job", "count", "license", "url", "attribution", "attribution_required", "share_alike"),
    *("geojson_sha256", "parquet_sha256"),
)


def input_credit(item: ProductInput) -> Credit:
    """Return the credit of a dataset by its license, however the definition or the plan writes that."""
    return credit_of(_license_of(item), item.source_name)


def describe_credits(inputs: Iterable[ProductInput]) -> str:
    """Return a line for each dataset with its license and attribution, as text that a file of data carries."""
    items = _sort(inputs)
    lines = [_one_line(f"{item.label}: {input_credit(item).line}") for item in items[:_MOST_CREDITS]]
    if len(items) > len(lines):
        lines.append(f"{len(items) - len(lines):,} more datasets: see {ATTRIBUTION_FILE}")
    return "\n".join(lines)


def write_attribution(out: Path, title: str, inputs: Iterable[ProductInput]) -> None:
    """Write a text with a paragraph for each dataset, ordered by label."""
    paragraphs = [_one_line(title), "Keep this file with the data, and include it when you redistribute the data."]
    for item in _sort(inputs):
        facts, credit = _facts(item), input_credit(item)
        lines = [facts["source"], f"  Attribution: {credit.attribution or credit.case}"]
        lines += [f"  {label}: {facts[key]}" for label, key in _LABELS if facts[key]]
        paragraphs.append("\n".join(lines))
    (out / ATTRIBUTION_FILE).write_text("\n\n".join(paragraphs) + "\n", encoding="utf-8")


def write_licenses(out: Path, inputs: Iterable[ProductInput]) -> None:
    """Write a table with a row for each dataset, ordered by label; empty values are not stated."""
    with (out / LICENSES_FILE).open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, _COLUMNS)
        table.writeheader()
        for item in _sort(inputs):
            table.writerow(_facts(item))


def _license_of(item: ProductInput) -> License | None:
    return normalize_license(stated_license({"license": item.license, "attribution": item.attribution}))


def _sort(inputs: Iterable[ProductInput]) -> list[ProductInput]:
    return sorted(inputs, key=lambda item: (item.label, item.job))


def _facts(item: ProductInput) -> dict[str, str]:
    license_ = _license_of(item) or License()
    return {
        "source": _one_line(item.label),
        "job": str(item.job),
        "count": str(item.count),
        "license": license_.text or "",
        "url": license_.url or "",
        "attribution": credit_of(license_, item.source_name).attribution,
        "attribution_required": _YES[license_.attribution],
        "share_alike": _YES[license_.share_alike],
        "geojson_sha256": item.geojson_sha256 or "",
        "parquet_sha256": item.sha256 or "",
    }


def _one_line(value: object) -> str:
    """Return untrusted text on one line, at most 2,000 characters, without ones that could control a terminal."""
    words = " ".join(str(value or "").split())
    return "".join(letter if letter.isprintable() else "?" for letter in words)[:_MAX_TEXT]
