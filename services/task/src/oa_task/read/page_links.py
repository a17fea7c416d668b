"""The links to data in a web page that came in place of data."""

import re
from html.parser import HTMLParser
from pathlib import Path

_HEAD_BYTES, _MAX_LINKS, _MAX_LENGTH = 1 << 20, 5, 200
_DATA = re.compile(
    r"\.(?:zip|gz|7z|csv|tsv|geojson|gpkg|gdb|kml|kmz|gml|shp|parquet|xlsx?|ods|geojsonl)(?:[?#]|\Z)"
    r"|/(?:Feature|Map)Server(?:/\d+)?/?\Z",
    re.IGNORECASE,
)


class _LinkReader(HTMLParser):
    """Collects the targets of links that look like data, in the order of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: dict[str, None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Add the target of a link."""
        target = (dict(attrs).get("href") or "").strip() if tag == "a" else ""
        if len(target) <= _MAX_LENGTH and target.isprintable() and _DATA.search(target):
            self.links[target] = None


def read_links(page: Path) -> list[str]:
    """Return the links of the start of a file."""
    with page.open("rb") as file:
        return list_links(file.read(_HEAD_BYTES))


def list_links(page: bytes) -> list[str]:
    """Return the first links of a page that seem to lead to data, as the page has them."""
    reader = _LinkReader()
    reader.feed(page[:_HEAD_BYTES].decode("utf-8", "replace"))
    return list(reader.links)[:_MAX_LINKS]
