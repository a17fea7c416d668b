"""What a collection of features says of the features that it lacks, in GeoJSON and in the GML of WFS."""

import math
import re
from collections.abc import Callable
from pathlib import Path

from oa_shared.json_types import JsonMapping
from oa_task.features.pages import FeaturePage

# ArcGIS; OGC API Features and WFS; GeoServer; APIs that count.
_TOTALS = ("numberMatched", "totalFeatures", "numberOfFeatures", "totalCount", "total_count")
_FLAGS = ("exceededTransferLimit", "hasMore")
_LINKS = ("next", "@odata.nextLink")
_NEXT_PAGE = "a link to the next page"
_HEAD_BYTES = 64 * 1024
_ROOT = re.compile(rb"<(?:[\w.-]+:)?FeatureCollection\b([^>]*)>")
_ATTRIBUTE = re.compile(rb"\b(?<!:)(numberMatched|numberReturned|numberOfFeatures|next)\s*=\s*([\"'])(.*?)\2")


def page_of_members(file: str, members: JsonMapping, features: int) -> FeaturePage:
    """Return what the members of a GeoJSON collection announce."""
    totals = {name: total for name in _TOTALS if (total := _count(members.get(name))) is not None}
    context = members.get("context")
    if isinstance(context, dict) and (matched := _count(context.get("matched"))) is not None:
        totals["context.matched"] = matched
    if "next" in members and (count := _count(members.get("count"))) is not None:
        totals["count"] = count
    if (returned := _count(members.get("numberReturned")) or 0) > features:
        totals["numberReturned"] = returned
    name = max(totals, key=lambda name: totals[name], default="")
    more = _flag(members) or ("" if totals else _link(members))
    return FeaturePage(file, features, totals.get(name), name, more)


def page_of_gml(path: Path, features: int, *, layers: Callable[[], int]) -> FeaturePage:
    """Return what the root element of a WFS answer announces; `features` is the number that was read of one layer.

    The element counts the features of all `layers`, so that of several only its own two counts are compared.
    """
    attributes = _root_attributes(path)
    totals = {name: total for name in ("numberMatched", "numberOfFeatures") if (total := _count(attributes.get(name)))}
    name = max(totals, key=lambda name: totals[name], default="")
    total, more = totals.get(name), _NEXT_PAGE if attributes.get("next") and not totals else ""
    if total is not None and total > features and layers() > 1:
        returned = _count(attributes.get("numberReturned"))
        return FeaturePage(path.name, total if returned is None else returned, total, name, more)
    return FeaturePage(path.name, features, total, name, more)


def _root_attributes(path: Path) -> dict[str, str]:
    """Return the attributes of the root element that count features or link to more; empty for other XML."""
    with path.open("rb") as file:
        root = _ROOT.search(file.read(_HEAD_BYTES))
    found = _ATTRIBUTE.finditer(root[1]) if root else ()
    return {match[1].decode(): match[3].decode("utf-8", "replace") for match in found}


def _flag(members: JsonMapping) -> str:
    """Return the name of the member by which a server announces that it left features out, "" if there is none."""
    places = [place for place in (members, members.get("properties")) if isinstance(place, dict)]
    return next((name for name in _FLAGS for place in places if str(place.get(name)).lower() == "true"), "")


def _link(members: JsonMapping) -> str:
    """Return what links to the next page, "" if nothing does; where features are counted, the count says more."""
    links = members.get("links")
    has_link = isinstance(links, dict) and bool(links.get("next"))
    has_link = has_link or (isinstance(links, list) and any(map(_is_next_link, links)))
    return _NEXT_PAGE if has_link or any(members.get(name) for name in _LINKS) else ""


def _is_next_link(link: object) -> bool:
    return isinstance(link, dict) and link.get("rel") == "next" and bool(link.get("href"))


def _count(value: object) -> int | None:
    """Return a number of features, None for a value that is not one, such as "unknown"."""
    if isinstance(value, str):
        return int(value) if value.strip().isdecimal() else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value) if value >= 0 else None
