"""Licences as sources state them, brought into one shape, and the text that gives credit to them.

A definition's `license` is a string or an object; people have written every key in several ways, and the values are a
stranger's. What comes out holds text and booleans only, so it can be kept in any store and shown as text.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

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
_UNKNOWN = "The source states no licence"


@dataclass(frozen=True, slots=True)
class License:
    """A licence in one shape; None where the source does not say.

    `attribution` is whether credit must be given, `attribution_name` to whom, `share_alike` whether what is made of the
    data must be under the same licence.
    """

    url: str | None = None
    text: str | None = None
    attribution: bool | None = None
    attribution_name: str | None = None
    share_alike: bool | None = None
    remarks: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the licence as answers, plans of products and the database hold it."""
        return asdict(self)

    def line(self) -> str:
        """Return the licence in one line: to whom credit is due, then what the licence is."""
        named = ", ".join(part for part in (self.text, self.url) if part)
        parts = [f"© {self.attribution_name}"] if self.attribution_name else []
        parts.append(f"Licence: {named}" if named else _UNKNOWN)
        parts += ["Share alike"] if self.share_alike else []
        parts += ["No credit asked for"] if self.attribution is False else []
        return ". ".join(parts) + "."


def normalize_license(stated: Any) -> License | None:
    """Return a licence of whatever stands under `license`; None when that says nothing.

    What this returns, as JSON, comes out of it unchanged.
    """
    if isinstance(stated, str):
        stated = {"url" if _is_address(stated) else "text": stated}
    if not isinstance(stated, Mapping):
        return None
    found = {name: _first(stated, keys) for name, keys in _KEYS.items()}
    texts = {name: _text(found[name]) for name in ("url", "text", "attribution_name", "remarks")}
    credit = found["attribution"]
    if isinstance(credit, str) and texts["attribution_name"] is None:
        texts["attribution_name"] = _text(credit)
    if texts["url"] and not _is_address(texts["url"]):
        texts["text"], texts["url"] = texts["text"] or texts["url"], None
    is_due = credit if isinstance(credit, bool) else True if texts["attribution_name"] else None
    share_alike = found["share_alike"] if isinstance(found["share_alike"], bool) else None
    licence = License(**texts, attribution=is_due, share_alike=share_alike)
    return licence if licence != License() else None


def license_of(definition: Any, layer: str, name: str) -> License | None:
    """Return the licence of one entry of a definition."""
    for entry in entries(definition) if isinstance(definition, dict) else ():
        if (entry.layer, entry.name) == (layer, name):
            return normalize_license(entry.body.get("license"))
    return None


def attribution_text(
    datasets: Iterable[Mapping[str, Any]], *, title: str = "Addresses and more, by OpenAddresses"
) -> str:
    """Return the credits of a selection as a text file: what has one licence stands together.

    Each dataset has `source_name`, `layer`, `name` and `attribution`, the line of its licence.
    """
    groups: dict[str, list[str]] = {}
    for dataset in datasets:
        place = " ".join(f"{dataset['source_name']} {dataset['layer']} {dataset['name']}".split())
        groups.setdefault(dataset["attribution"], []).append(place)
    count = sum(len(places) for places in groups.values())
    head = [title, f"{count:,} dataset{'s' * (count != 1)}. Whoever passes the data on passes these credits on."]
    blocks = ["\n".join([line, *(f"  {place}" for place in sorted(places))]) for line, places in sorted(groups.items())]
    return "\n\n".join(["\n".join(head), *blocks]) + "\n"


def _first(stated: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((stated[key] for key in keys if stated.get(key) is not None), None)


def _text(value: Any) -> str | None:
    """Return text in one line, without what cannot be printed or kept, and not without end."""
    if not isinstance(value, str):
        return None
    words = "".join(letter if letter.isprintable() else " " for letter in value).split()
    return " ".join(words)[:MAX_TEXT].strip() or None


def _is_address(text: str) -> bool:
    return text.strip().lower().startswith(("http://", "https://")) and len(text.split()) == 1
