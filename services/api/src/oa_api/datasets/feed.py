"""Publications as an Atom feed (RFC 4287)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from oa_api.datasets.comparison import CHANGES
from oa_api.datasets.rows import FeedRow, FeedWithdrawalRow
from oa_api.datasets.serializers import changes_of, serialize_files
from oa_api.http.fields import rfc3339
from oa_shared.licenses import credit_of, normalize_license
from oa_shared.media_types import ATOM, media_type_of
from oa_shared.value_text import plural

NAMESPACE = "http://www.w3.org/2005/Atom"
_ENCLOSED_FILES = ("source.parquet", "source.geojson.gz", "source.pmtiles")
_STATES = {"retired": "Retired", "deleted": "Deleted", "published": "Restored", "reopened": "Reopened"}
_UPDATED_WHEN_EMPTY = datetime(2026, 1, 1, tzinfo=UTC)
ET.register_namespace("", NAMESPACE)


@dataclass(frozen=True, slots=True)
class Feed:
    """A page of the feed: `site` is the origin of its paths, `stack` makes its IDs unique.

    `path` is that of the newest page, `page` that of this one, `older` that of the next one, `listing` that of the page
    with the same datasets.
    """

    site: str
    stack: str
    title: str
    path: str
    page: str
    listing: str
    older: str | None

    def id(self, name: str) -> str:
        """Return a permanent ID as a tag URI (RFC 4151)."""
        return f"tag:openaddresses.io,2026:{self.stack}/{name}"


def atom_feed(feed: Feed, publications: Sequence[FeedRow], withdrawals: Sequence[FeedWithdrawalRow]) -> bytes:
    """Return the XML of a page of publications and of datasets that were retired, deleted or restored, newest first."""
    root = ET.Element(f"{{{NAMESPACE}}}feed")
    times = [*(row.published_at for row in publications[:1]), *(row.created_at for row in withdrawals[:1])]
    updated = max(times, default=_UPDATED_WHEN_EMPTY)
    _add_head(root, feed.id(f"feed{feed.path}"), feed.title, updated)
    _add_child(_add_child(root, "author"), "name", "OpenAddresses")
    _add_link(root, "self", feed.site + feed.page, type=ATOM)
    _add_link(root, "alternate", feed.site + feed.listing, type="text/html")
    if feed.page != feed.path:
        _add_link(root, "first", feed.site + feed.path, type=ATOM)
    if feed.older:
        _add_link(root, "next", feed.site + feed.older, type=ATOM)
    for item in _in_order(publications, withdrawals):
        if isinstance(item, FeedRow):
            _add_entry(root, feed, item)
        else:
            _add_withdrawal(root, feed, item)
    xml: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return xml


def _in_order(
    publications: Sequence[FeedRow], withdrawals: Sequence[FeedWithdrawalRow]
) -> Iterator[FeedRow | FeedWithdrawalRow]:
    """Yield each withdrawal before the newest publication that is older."""
    waiting = list(reversed(withdrawals))
    for publication in publications:
        while waiting and waiting[-1].publication >= publication.id:
            yield waiting.pop()
        yield publication
    yield from reversed(waiting)


def _add_withdrawal(root: ET.Element, feed: Feed, withdrawal: FeedWithdrawalRow) -> None:
    entry = _add_child(root, "entry")
    title = f"{_STATES[withdrawal.state]}: {withdrawal.source_name} {withdrawal.layer} {withdrawal.name}"
    _add_head(entry, feed.id(f"withdrawal/{withdrawal.id}"), title, withdrawal.created_at)
    _add_link(entry, "alternate", f"{feed.site}/data/{withdrawal.data_id}", type="text/html")
    _add_link(entry, "related", f"{feed.site}/api/data/{withdrawal.data_id}", type="application/json")
    ET.SubElement(entry, f"{{{NAMESPACE}}}category", {"term": withdrawal.state})
    _add_child(entry, "summary", f"{_STATES[withdrawal.state]}: {withdrawal.reason}")


def _add_entry(root: ET.Element, feed: Feed, publication: FeedRow) -> None:
    entry = _add_child(root, "entry")
    title = f"{publication.source_name} {publication.layer} {publication.name}"
    _add_head(entry, feed.id(f"publication/{publication.id}"), title, publication.published_at)
    _add_child(entry, "published", rfc3339(publication.published_at))
    _add_link(entry, "alternate", f"{feed.site}/data/{publication.data_id}", type="text/html")
    _add_link(entry, "related", f"{feed.site}/api/data/{publication.data_id}", type="application/json")
    for file in serialize_files(
        publication.result, job=publication.job, attempt=publication.attempt, is_kept=publication.is_kept
    ):
        name, url = str(file["name"]), file["url"]
        if name in _ENCLOSED_FILES and url:
            length = str(file["size_bytes"] or 0)
            _add_link(entry, "enclosure", f"{feed.site}{url}", type=media_type_of(name), length=length)
    _add_child(entry, "rights", credit_of(normalize_license(publication.license), publication.source_name).line)
    _add_child(entry, "summary", _summary(publication))


def _summary(publication: FeedRow) -> str:
    count, changes = (publication.result or {}).get("count"), changes_of(publication.result) or {}
    counts = [f"{number:,} {name}" for name in CHANGES if isinstance(number := changes.get(name), int)]
    return ", ".join([f"{plural(count if isinstance(count, int) else 0, 'feature')}", *counts]) + "."


def _add_head(parent: ET.Element, identity: str, title: str, updated: datetime) -> None:
    _add_child(parent, "id", identity)
    _add_child(parent, "title", title)
    _add_child(parent, "updated", rfc3339(updated))


def _add_child(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    child = ET.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    child.text = None if text is None else _printable(text)
    return child


def _add_link(parent: ET.Element, rel: str, href: str, **attributes: str) -> None:
    ET.SubElement(parent, f"{{{NAMESPACE}}}link", {"rel": rel, "href": href, **attributes})


def _printable(text: str) -> str:
    """Return text with a space for each character that XML does not allow."""
    return "".join(character if character.isprintable() else " " for character in text)
