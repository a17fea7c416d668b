"""The links of a definition, which is untrusted: where its data, its website and its file are."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from oa_api.sources.rows import DefinitionRow
from oa_api.ui.github_links import file_url
from oa_shared.licenses import License, normalize_license, stated_license
from oa_shared.source_definition import entries, validate_definition

MAX_ENTRIES, MAX_URLS = 50, 5


@dataclass(frozen=True, slots=True)
class EntryLinks:
    """An entry of a definition: the first URLs of its data, how it is read, the website, and the license."""

    layer: str
    name: str
    data: list[str]
    protocol: str
    website: str
    license: License | None


@dataclass(frozen=True, slots=True)
class DefinitionLinks:
    """The links of a definition: at most MAX_ENTRIES entries, `more` further ones, and the file at GitHub, if known."""

    entries: list[EntryLinks]
    more: int
    file: str


def read_links(row: DefinitionRow, source: str) -> DefinitionLinks:
    """Return the links of a definition; no entries if it is not valid."""
    try:
        definition = json.loads(row.definition)
    except (ValueError, RecursionError):
        definition = None
    found = list(_read_entries(definition)) if not validate_definition(definition) else []
    file = file_url(row.source_url or "", row.github, source)
    return DefinitionLinks(found[:MAX_ENTRIES], max(len(found) - MAX_ENTRIES, 0), file)


def _read_entries(definition: object) -> Iterator[EntryLinks]:
    for entry in entries(definition) if isinstance(definition, dict) else ():
        body = entry.body
        data = body.get("data")
        urls = [data] if isinstance(data, str) else data if isinstance(data, list) else []
        yield EntryLinks(
            layer=entry.layer,
            name=entry.name,
            data=[str(url) for url in urls[:MAX_URLS]],
            protocol=str(body.get("protocol") or ""),
            website=str(body.get("website") or ""),
            license=normalize_license(stated_license(body)),
        )
