"""The credits of products: in the text, in the table and in the tiles."""

import csv
from pathlib import Path
from typing import Any

import pytest

from oa_shared.product_plans import ProductInput
from oa_task.products.attribution import write_attribution, write_licenses
from oa_task.products.tiles import product_label

SITE = "https://town.example.org"
UNNAMED = {"attribution": True, "text": "CC BY", "website": SITE}
# The license and the attribution of a plan, the attribution of the text, whether it is required, and that of the tiles.
TERMS = [
    ({"attribution": True, "attribution name": "Town & Co"}, "", "Town & Co", "yes", "Town &amp; Co"),
    ({"attribution name": "Town\n\u202eX"}, None, "Town X", "yes", "Town X"),
    (UNNAMED, None, f"xx/a, {SITE}, CC BY", "yes", f"xx/a, {SITE}, CC BY"),
    (UNNAMED, f"xx/a, {SITE}, CC BY", f"xx/a, {SITE}, CC BY", "yes", f"xx/a, {SITE}, CC BY"),
    ({"attribution": True}, None, "xx/a", "yes", "xx/a"),
    ({"attribution": False, "text": "CC0"}, None, "not required", "no", ""),
    ({"attribution": False, "attribution name": "Town"}, "Town", "not required", "no", ""),
    ({"text": "ODbL", "share-alike": True}, None, "not stated", "", ""),
    ("https://town.example.org/terms", "", "not stated", "", ""),
    (None, None, "not stated", "", ""),
    ("CC BY", "Town", "Town", "yes", "Town"),
]


@pytest.mark.parametrize("terms", TERMS)
def test_credit_of_a_dataset_is_the_same_in_text_table_and_tiles(
    tmp_path: Path, terms: tuple[Any, str | None, str, str, str]
) -> None:
    license_, named, attribution, required, html = terms
    keys = {"source_name": "xx/a", "layer": "addresses", "name": "city", "job": 1, "key": "k", "sha256": "0" * 64}
    item = ProductInput(**keys, size_bytes=1, count=1, license=license_, attribution=named)
    write_attribution(tmp_path, "A product", [item])
    write_licenses(tmp_path, [item])
    paragraph = (tmp_path / "ATTRIBUTION.txt").read_text("utf-8").split("\n\n")[2]
    assert paragraph.splitlines()[:2] == ["xx/a/addresses/city", f"  Attribution: {attribution}"]
    with (tmp_path / "licenses.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["attribution_required"] == required
    assert row["attribution"] == (attribution if required == "yes" else "")
    assert product_label("A product", [item]).attribution == html
