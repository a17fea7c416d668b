"""New data as an Atom feed (RFC 4287)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from oa_api.datasets.serializers import files_of
from oa_api.db.database import Row
from oa_api.definitions.licenses import License, normalize_license
from oa_api.http.fields import rfc3339

NAMESPACE = "http://www.w3.org/2005/Atom"
TYPES = {".parquet": "application/vnd.apache.parquet", ".gz": "application/gzip", ".pmtiles": "application/vnd.pmtiles"}
_ENCLOSED = ("source.parquet", "source.geojson.gz", "source.pmtiles")
CHANGES = ("added", "removed", "changed")
_NOTHING_YET = datetime(2026, 1, 1, tzinfo=UTC)
ET.register_namespace("", NAMESPACE)


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed says of itself: `site` is where its paths begin, `stack` makes its ids its own.

    `path` is that of its newest page, `page` that of the one shown.
    """

    site: str
    stack: str
    title: str
    path: str
    page: str
    older: str | None

    def id(self, what: str) -> str:
        """Return an id that stays, as a tag URI (RFC 4151)."""
        return f"tag:openaddresses.io,2026:{self.stack}/{what}"


def atom(feed: Feed, publications: Sequence[Row]) -> bytes:
    """Return the feed of these publications, newest first."""
    root = ET.Element(f"{{{NAMESPACE}}}feed")
    updated = publications[0]["published_at"] if publications else _NOTHING_YET
    _about(root, feed.id(f"feed{feed.path}"), feed.title, updated)
    _child(_child(root, "author"), "name", "OpenAddresses")
    _link(root, "self", feed.site + feed.page, type="application/atom+xml")
    _link(root, "alternate", f"{feed.site}/data", type="text/html")
    if feed.page != feed.path:
        _link(root, "first", feed.site + feed.path, type="application/atom+xml")
    if feed.older:
        _link(root, "next", feed.site + feed.older, type="application/atom+xml")
    for row in publications:
        _entry(root, feed, row)
    made: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return made


def _entry(root: ET.Element, feed: Feed, row: Row) -> None:
    entry = _child(root, "entry")
    title = f"{row['source_name']} {row['layer']} {row['name']}"
    _about(entry, feed.id(f"publication/{row['id']}"), title, row["published_at"])
    _child(entry, "published", rfc3339(row["published_at"]))
    _link(entry, "alternate", f"{feed.site}/data/{row['data_id']}", type="text/html")
    _link(entry, "related", f"{feed.site}/api/data/{row['data_id']}", type="application/json")
    for file in files_of(row["result"], row, is_kept=row["is_kept"]):
        if file["name"] in _ENCLOSED and file["url"]:
            kind = TYPES["." + file["name"].rpartition(".")[2]]
            _link(entry, "enclosure", feed.site + file["url"], type=kind, length=str(file["size_bytes"] or 0))
    _child(entry, "rights", (normalize_license(row["license"]) or License()).line())
    _child(entry, "summary", _summary(row))


def _summary(row: Row) -> str:
    result = row["result"] or {}
    changes = result.get("changes") or {}
    told = [f"{changes[what]:,} {what}" for what in CHANGES if isinstance(changes.get(what), int)]
    return ", ".join([f"{result.get('count') or 0:,} features", *told]) + "."


def _about(parent: ET.Element, identity: str, title: str, updated: datetime) -> None:
    _child(parent, "id", identity)
    _child(parent, "title", title)
    _child(parent, "updated", rfc3339(updated))


def _child(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    child = ET.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    child.text = None if text is None else _printable(text)
    return child


def _link(parent: ET.Element, rel: str, href: str, **more: str) -> None:
    ET.SubElement(parent, f"{{{NAMESPACE}}}link", {"rel": rel, "href": href, **more})


def _printable(text: str) -> str:
    """Return text without what XML cannot hold."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
