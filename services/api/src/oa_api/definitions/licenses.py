"""The licenses that sources state, in one normalized form, and the text that attributes the data to them.

The `license` of a definition is a string or an object whose keys have several spellings; its values are untrusted.
The normalized form holds only text and booleans, so that any store can keep it and any page can show it.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from oa_shared.json_types import JsonMapping, JsonObject
from oa_shared.source_definition import entries

MAX_TEXT = 2_000
_KEYS = {
    "url": ("url",),
    "text": ("text", "name"),
    "attribution": ("attribution",),
    "attribution_name": ("attribution name", "attribution_name", "attribution-name"),
    "share_alike": ("share-alike", "share alike", "share_alike"),
    "remarks": ("remarks", "note"),
}
_NOT_STATED = "License not stated"


@dataclass(frozen=True, slots=True)
class License:
    """A normalized license; None where the source does not state a value.

    `attribution` is whether attribution is required, `attribution_name` to whom, and `share_alike` whether derived data
    must have the same license.
    """

    url: str | None = None
    text: str | None = None
    attribution: bool | None = None
    attribution_name: str | None = None
    share_alike: bool | None = None
    remarks: str | None = None

    def as_json(self) -> JsonObject:
        """Return the license as responses, plans of products and the database hold it."""
        return asdict(self)

    def line(self) -> str:
        """Return the license in one line: the attribution first, then the license itself."""
        named = ", ".join(part for part in (self.text, self.url) if part)
        parts = [f"© {self.attribution_name}"] if self.attribution_name else []
        parts.append(f"License: {named}" if named else _NOT_STATED)
        parts += ["Share alike"] if self.share_alike else []
        parts += ["Attribution not required"] if self.attribution is False else []
        return ". ".join(parts) + "."


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
    texts = {name: _one_line(values[name]) for name in ("url", "text", "attribution_name", "remarks")}
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
    return license_ if license_ != License() else None


def license_of(definition: object, layer: str, name: str) -> License | None:
    """Return the license of one entry of a definition."""
    for entry in entries(definition) if isinstance(definition, dict) else ():
        if (entry.layer, entry.name) == (layer, name):
            return normalize_license(entry.body.get("license"))
    return None


def attribution_text(
    datasets: Iterable[AttributedDataset], *, title: str = "Addresses and more, by OpenAddresses"
) -> str:
    """Return the attribution of datasets as a text file, grouped by license."""
    groups: dict[str, list[str]] = {}
    for dataset in datasets:
        groups.setdefault(dataset.attribution, []).append(dataset.label)
    count = sum(len(labels) for labels in groups.values())
    plural = "" if count == 1 else "s"
    head = [title, f"{count:,} dataset{plural}. Include this attribution when you redistribute the data."]
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
