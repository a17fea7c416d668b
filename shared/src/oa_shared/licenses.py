"""The licenses that sources state, in one normalized form, and the only place that makes credits of them.

The `license` of a definition is a string or an object whose keys have several spellings; its values are untrusted.
The normalized form holds only text and booleans, so that any store can keep it and any page can show it.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import assert_never

from oa_shared.json_types import JsonMapping, JsonObject
from oa_shared.source_definition import entries
from oa_shared.value_text import plural

MAX_TEXT = 2_000
_KEYS = {
    "url": ("url",),
    "text": ("text", "name"),
    "attribution": ("attribution",),
    "attribution_name": ("attribution name", "attribution_name", "attribution-name"),
    "share_alike": ("share-alike", "share alike", "share_alike"),
    "remarks": ("remarks", "note"),
    "website": ("website",),
}
_TEXTS = ("url", "text", "attribution_name", "remarks", "website")
# In place of a source, for a text about all sources with a license.
ANY_SOURCE = "name and website of the source"


class CreditCase(StrEnum):
    """What a source states about attribution."""

    NAMED = "named"
    UNNAMED = "unnamed"
    NOT_REQUIRED = "not required"
    NOT_STATED = "not stated"


@dataclass(frozen=True, slots=True)
class Credit:
    """The credit of a dataset.

    `attribution` is whom to credit, empty if no attribution is due; `line` is the attribution with the license, in one
    line. Where attribution is due without a name, that is the source, by name, website and license.
    """

    case: CreditCase
    attribution: str
    line: str

    @property
    def is_due(self) -> bool:
        """Return whether attribution is required."""
        return bool(self.attribution)


@dataclass(frozen=True, slots=True)
class License:
    """A normalized license; None where the source does not state a value.

    `attribution` is whether attribution is required, `attribution_name` to whom, and `share_alike` whether derived data
    must have the same license. `website` is that of the source, kept where attribution is required without a name.
    """

    url: str | None = None
    text: str | None = None
    attribution: bool | None = None
    attribution_name: str | None = None
    share_alike: bool | None = None
    remarks: str | None = None
    website: str | None = None

    @property
    def case(self) -> CreditCase:
        """Return what the license states about attribution."""
        if self.attribution is False:
            return CreditCase.NOT_REQUIRED
        if self.attribution_name:
            return CreditCase.NAMED
        return CreditCase.UNNAMED if self.attribution else CreditCase.NOT_STATED

    @property
    def name(self) -> str:
        """Return the text and the URL of the license in one line; empty without both."""
        return ", ".join(part for part in (self.text, self.url) if part)

    def as_json(self) -> JsonObject:
        """Return the license as responses, plans of products and the database hold it."""
        return asdict(self)

    def as_stated(self) -> JsonObject:
        """Return the values that are stated, with the keys that definitions use; it normalizes to this license."""
        return {_KEYS[name][0]: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class AttributedDataset:
    """A dataset and the line of its license."""

    source_name: str
    layer: str
    name: str
    attribution: str

    @property
    def label(self) -> str:
        """Return source, layer and name in one line."""
        return " ".join(f"{self.source_name} {self.layer} {self.name}".split())


def normalize_license(stated: object) -> License | None:
    """Return the normalized form of a stated license; None if it states nothing.

    The JSON of a normalized license normalizes to the same license.
    """
    if isinstance(stated, str):
        stated = {"url" if _is_url(stated) else "text": stated}
    if not isinstance(stated, dict):
        return None
    values = {name: _first_value(stated, keys) for name, keys in _KEYS.items()}
    texts = {name: _one_line(values[name]) for name in _TEXTS}
    attribution, share_alike = values["attribution"], values["share_alike"]
    if isinstance(attribution, str) and texts["attribution_name"] is None:
        texts["attribution_name"] = _one_line(attribution)
    if texts["url"] and not _is_url(texts["url"]):
        texts["text"], texts["url"] = texts["text"] or texts["url"], None
    license_ = License(
        **texts,
        attribution=attribution if isinstance(attribution, bool) else True if texts["attribution_name"] else None,
        share_alike=share_alike if isinstance(share_alike, bool) else None,
    )
    if license_.case is not CreditCase.UNNAMED:
        license_ = replace(license_, website=None)
    return license_ if license_ != License() else None


def stated_license(entry: JsonMapping) -> object:
    """Return the `license` of an entry, with the other values of the entry that its credit needs.

    These are `attribution`, whom to credit, and `website`; the license itself wins. Unchanged if it needs neither.
    """
    stated, name, website = entry.get("license"), entry.get("attribution"), entry.get("website")
    license_ = normalize_license(stated) or License()
    if license_.attribution_name is None and _one_line(name):
        license_ = normalize_license({**license_.as_stated(), "attribution name": name}) or license_
    elif license_.case is CreditCase.UNNAMED and isinstance(website, str):
        license_ = replace(license_, website=_one_line(website))
    else:
        return stated
    return license_.as_stated()


def credit_of(license_: License | None, source_name: str) -> Credit:
    """Return the credit of data with a license (None: not stated): the only place that decides whom to credit."""
    license_ = license_ or License()
    source = ", ".join(part for part in (_one_line(source_name), license_.website) if part)
    attribution, remark = "", ""
    match license_.case:
        case CreditCase.NAMED:
            attribution = license_.attribution_name or ""
            head = f"© {attribution}"
        case CreditCase.UNNAMED:
            attribution = ", ".join(part for part in (source, license_.name) if part)
            head = f"Source: {source}"
        case CreditCase.NOT_REQUIRED:
            head, remark = "", "Attribution not required"
        case CreditCase.NOT_STATED:
            head, remark = "", "Attribution not stated"
        case _:
            assert_never(license_.case)
    name = f"License: {license_.name}" if license_.name else "License not stated"
    parts = (head, name, "Share alike" if license_.share_alike else "", remark)
    return Credit(license_.case, attribution, ". ".join(part for part in parts if part) + ".")


def license_of(definition: object, layer: str, name: str) -> License | None:
    """Return the license of one entry of a definition."""
    for entry in entries(definition) if isinstance(definition, dict) else ():
        if (entry.layer, entry.name) == (layer, name):
            return normalize_license(stated_license(entry.body))
    return None


def attribution_text(
    datasets: Iterable[AttributedDataset], *, title: str = "Addresses and more, by OpenAddresses"
) -> str:
    """Return the attribution of datasets as a text file, grouped by license."""
    groups: dict[str, list[str]] = {}
    for dataset in datasets:
        groups.setdefault(dataset.attribution, []).append(dataset.label)
    count = sum(len(labels) for labels in groups.values())
    head = [title, f"{plural(count, 'dataset')}. Include this attribution when you redistribute the data."]
    blocks = ["\n".join([line, *(f"  {label}" for label in sorted(labels))]) for line, labels in sorted(groups.items())]
    return "\n\n".join(["\n".join(head), *blocks]) + "\n"


def _first_value(stated: JsonMapping, keys: tuple[str, ...]) -> object:
    return next((stated[key] for key in keys if stated.get(key) is not None), None)


def _one_line(value: object) -> str | None:
    """Return text in one line of printable characters, at most `MAX_TEXT` of them; None without any."""
    if not isinstance(value, str):
        return None
    words = "".join(character if character.isprintable() else " " for character in value).split()
    return " ".join(words)[:MAX_TEXT].strip() or None


def _is_url(text: str) -> bool:
    return text.strip().lower().startswith(("http://", "https://")) and len(text.split()) == 1
