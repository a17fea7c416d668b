"""What a collection of features says of the features that it lacks, in GeoJSON and in the GML of WFS."""

import re
from collections.abc import Iterator
from pathlib import Path

from oa_shared.json_types import JsonMapping
from oa_task.features.pages import Page

# ArcGIS; OGC API Features and WFS; GeoServer; APIs that count.
_TOTALS = ("numberMatched", "totalFeatures", "numberOfFeatures", "numberReturned", "totalCount", "total_count")
_FLAGS = ("exceededTransferLimit", "hasMore")
_LINKS = ("next", "@odata.nextLink")
_HEAD_BYTES = 64 * 1024
_ROOT = re.compile(rb"<(?:[\w.-]+:)?FeatureCollection\b([^>]*)>")
_ATTRIBUTE = re.compile(rb"\b(?<!:)(numberMatched|numberReturned|numberOfFeatures|next)\s*=\s*([\"'])(.*?)\2")


def page_of_members(file: str, members: JsonMapping, features: int) -> Page:
    """Return what the members of a GeoJSON collection announce."""
    totals = {name: total for name in _TOTALS if (total := _count(members.get(name))) is not None}
    context = members.get("context")
    if isinstance(context, dict) and (matched := _count(context.get("matched"))) is not None:
        totals["context.matched"] = matched
    if "next" in members and (count := _count(members.get("count"))) is not None:
        totals["count"] = count
    name = max(totals, key=lambda name: totals[name], default="")
    return Page(file, features, totals.get(name), name, next(_says_more(members), ""))


def page_of_gml(path: Path, features: int) -> Page:
    """Return what the root element of a WFS answer announces; `features` is the number that was read."""
    with path.open("rb") as file:
        root = _ROOT.search(file.read(_HEAD_BYTES))
    values = {match[1].decode(): match[3].decode("utf-8", "replace") for match in _ATTRIBUTE.finditer(root[1])} if root else {}
    totals = {name: total for name in ("numberMatched", "numberOfFeatures") if (total := _count(values.get(name)))}
    name = max(totals, key=lambda name: totals[name], default="")
    return Page(path.name, features, totals.get(name), name, "a link to the next page" if values.get("next") else "")


def returned_by_gml(path: Path) -> int:
    """Return the number of features that the root element of a WFS answer counts in it, of all layers; 0 if none."""
    with path.open("rb") as file:
        root = _ROOT.search(file.read(_HEAD_BYTES))
    values = {match[1]: match[3].decode("utf-8", "replace") for match in _ATTRIBUTE.finditer(root[1])} if root else {}
    return _count(values.get(b"numberReturned")) or 0


def _says_more(members: JsonMapping) -> Iterator[str]:
    """Yield the names of the members that say that more features follow."""
    properties = members.get("properties")
    for name in _FLAGS:
        for place in (members, properties):
            if isinstance(place, dict) and str(place.get(name)).lower() == "true":
                yield name
    links = members.get("links")
    named = links if isinstance(links, list) else [{"rel": "next", "href": links.get("next")}] if isinstance(links, dict) else []
    if any(members.get(name) for name in _LINKS) or any(_is_next_link(link) for link in named):
        yield "a link to the next page"


def _is_next_link(link: object) -> bool:
    return isinstance(link, dict) and link.get("rel") == "next" and bool(link.get("href"))


def _count(value: object) -> int | None:
    """Return a number of features, None for a value that is not one, such as "unknown"."""
    if isinstance(value, str):
        return int(value) if value.strip().isdecimal() else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if is_number and value == value // 1 and value >= 0 else None
