"""What RFC 4287 requires of an Atom feed and a document lacks."""

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

_ATOM = "{http://www.w3.org/2005/Atom}"
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def atom_faults(root: ET.Element) -> list[str]:
    """Return the faults of a feed; none if it is valid by the rules that are checked here."""
    return list(_feed_faults(root))


def _feed_faults(feed: ET.Element) -> Iterator[str]:
    if feed.tag != f"{_ATOM}feed":
        yield f"the root is {feed.tag}"
    yield from _head_faults(feed, "feed")
    entries = feed.findall(f"{_ATOM}entry")
    own = [link for link in feed.findall(f"{_ATOM}link") if link.get("rel") == "self"]
    if len(own) != 1:
        yield f"feed: {len(own)} links rel=self"
    has_author = feed.find(f"{_ATOM}author") is not None
    ids = Counter(entry.findtext(f"{_ATOM}id") for entry in entries)
    yield from (f"{count} entries have the id {name}" for name, count in ids.items() if count > 1)
    for place, entry in enumerate(entries):
        where = f"entry {place}"
        yield from _head_faults(entry, where)
        if not has_author and entry.find(f"{_ATOM}author") is None:
            yield f"{where}: no author"
        has_alternate = any(link.get("rel", "alternate") == "alternate" for link in entry.findall(f"{_ATOM}link"))
        if entry.find(f"{_ATOM}content") is None and not has_alternate:
            yield f"{where}: neither content nor a link rel=alternate"


def _head_faults(element: ET.Element, where: str) -> Iterator[str]:
    """Yield the faults that a feed and an entry may have alike (sections 4.1.1, 4.1.2)."""
    for name in ("id", "title", "updated"):
        if len(element.findall(f"{_ATOM}{name}")) != 1:
            yield f"{where}: needs one {name}"
    for name in ("rights", "subtitle", "published", "summary", "content"):
        if len(element.findall(f"{_ATOM}{name}")) > 1:
            yield f"{where}: several {name}"
    if not urlsplit(element.findtext(f"{_ATOM}id") or "").scheme:
        yield f"{where}: the id is no absolute IRI"
    for name in ("updated", "published"):
        yield from (
            f"{where}: {name} is no date"
            for date in element.findall(f"{_ATOM}{name}")
            if not _DATE.fullmatch(date.text or "")
        )
    yield from _link_faults(element, where)


def _link_faults(element: ET.Element, where: str) -> Iterator[str]:
    """Yield the faults of authors, links and categories."""
    for author in element.findall(f"{_ATOM}author"):
        if len(author.findall(f"{_ATOM}name")) != 1:
            yield f"{where}: an author needs one name"
    alternates: Counter[tuple[str | None, str | None]] = Counter()
    for link in element.findall(f"{_ATOM}link"):
        if not urlsplit(link.get("href", "")).netloc:
            yield f"{where}: the link {link.get('href')} is not absolute"
        if link.get("rel", "alternate") == "alternate":
            alternates[link.get("type"), link.get("hreflang")] += 1
        if link.get("rel") == "enclosure" and not (link.get("length") or "").isdigit():
            yield f"{where}: an enclosure without a length"
    yield from (
        f"{where}: several alternate links of type {kind}" for (kind, _), number in alternates.items() if number > 1
    )
    yield from (
        f"{where}: a category without a term" for each in element.findall(f"{_ATOM}category") if not each.get("term")
    )
