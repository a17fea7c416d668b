"""Where a failure is in the text of its definition, and the change that repairs it, as a unified diff."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import unified_diff

from oa_shared.failure_details import FailureDetails, FaultyPlace, Fix, FixAction
from oa_shared.json_positions import JsonSpan, Span, find_lines, find_spans
from oa_shared.source_definition import fix_definition
from oa_shared.text_lines import split_lines

_POINTER = re.compile(r"/layers/[A-Za-z]+/[0-9]+(?:/[^\s,;:'\"`)]+)*")
_OPTION = re.compile(r"`(?P<path>(?:conform|request)(?:\.\w+)+)`")
# The member of the entry that a failure without a place is about.
_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "source.archive": ("/data", "/compression"),
    "source.address_refused": ("/data",),
    "source.certificate": ("/data",),
    "source.columns_missing": ("/conform",),
    "source.crs": ("/conform/srs", "/conform"),
    "source.empty": ("/data",),
    "source.encoding": ("/conform/encoding", "/conform"),
    "source.forbidden": ("/data",),
    "source.format": ("/conform/format",),
    "source.not_found": ("/data",),
    "source.skip": ("/skip",),
    "source.test_failed": ("/test",),
    "source.token_required": ("/data",),
    "source.too_large": ("/data",),
}
_ABOUT_THE_SERVER = "upstream."
_MAX_MARKS = 20


@dataclass(frozen=True, slots=True)
class JobFault:
    """The entry of a failed job, with its failure."""

    layer: str
    name: str
    code: str
    message: str
    details: FailureDetails


@dataclass(frozen=True, slots=True)
class Repair:
    """The lines of a definition to correct, from 1, and a patch of it; "" where no change is sure to help."""

    lines: list[int]
    patch: str = ""


def propose_repair(text: str, fault: JobFault, *, file: str) -> Repair:
    """Return the lines of a failure in a definition, and the patch that repairs its file.

    Raises ValueError for a text that is not JSON, RecursionError for one that is nested too deeply.
    """
    definition: object = json.loads(text)
    entry = find_entry(definition, fault.layer, fault.name)
    places = locate_fault(definition, entry or "", fault)
    spans = find_spans(text, [place.pointer for place in places])
    exact = [place for place in places if place.pointer in spans or _adds_key(place)]
    lines = find_lines(text, [place.pointer for place in exact or places])
    return Repair(sorted(set(lines.values())), _patch(text, exact, spans, file=file))


def find_entry(definition: object, layer: str, name: str) -> str | None:
    """Return the JSON pointer of the first entry with that layer and name, None if the definition has none."""
    layers = definition.get("layers") if isinstance(definition, dict) else None
    entries = layers.get(layer) if isinstance(layers, dict) else None
    known = entries if isinstance(entries, list) else []
    index = next((i for i, each in enumerate(known) if isinstance(each, dict) and each.get("name") == name), None)
    return None if index is None else f"/layers/{layer}/{index}"


def locate_fault(definition: object, entry: str, fault: JobFault) -> list[FaultyPlace]:
    """Return the places of a failure in a definition, whose entry has the pointer `entry`; none if it names none.

    They are those that the task reported, else those that the schema, the message or the code names.
    """
    if fault.details.places:
        return [FaultyPlace(entry + place.pointer, place.fix) for place in fault.details.places]
    if fault.code == "source.schema" and (places := fix_definition(definition)):
        return places
    options = [entry + _option_pointer(path) for path in _OPTION.findall(fault.message)]
    named = [*_POINTER.findall(fault.message), *options]
    if named:
        return [FaultyPlace(pointer.rstrip(".")) for pointer in list(dict.fromkeys(named))[:_MAX_MARKS]]
    members = ("/data",) if fault.code.startswith(_ABOUT_THE_SERVER) else _MEMBERS.get(fault.code, ())
    existing = next((member for member in members if _has_member(definition, entry + member)), None)
    return [FaultyPlace(entry + existing)] if existing else []


def _option_pointer(path: str) -> str:
    return "/" + path.replace(".", "/")


def _has_member(value: object, pointer: str) -> bool:
    for part in pointer.split("/")[1:]:
        if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return False
    return True


def _adds_key(place: FaultyPlace) -> bool:
    return place.fix is not None and place.fix.action is FixAction.ADD


def _patch(text: str, places: Iterable[FaultyPlace], spans: Mapping[str, JsonSpan], *, file: str) -> str:
    """Return the unified diff of all fixes; "" if a place has none: half a repair leads to the next failure."""
    places = list(places)
    if not places or any(place.fix is None for place in places):
        return ""
    edits = [edit for place in places if place.fix for edit in _edits(text, place.pointer, place.fix, spans)]
    changed = _apply(text, edits)
    if changed == text or not _is_json(changed):
        return ""
    before, after = split_lines(text, keep_ends=True), split_lines(changed, keep_ends=True)
    lines = unified_diff(before, after, f"a/{file}", f"b/{file}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


@dataclass(frozen=True, slots=True)
class _Edit:
    span: Span
    new: str


def _edits(text: str, pointer: str, fix: Fix, spans: Mapping[str, JsonSpan]) -> list[_Edit]:
    new = json.dumps(fix.new, ensure_ascii=False)
    if fix.action is FixAction.ADD:
        return _add_key(text, pointer, new)
    span = spans[pointer]
    if fix.action is FixAction.RENAME:
        return [_Edit(span.key, new)] if span.key else []
    return [
        _Edit(Span(span.value.start + match.start(), span.value.start + match.end()), new)
        for match in re.finditer(r'"(?:[^"\\]|\\.)*"', text[span.value.start : span.value.end])
        if json.loads(match[0]) == fix.old
    ]


def _add_key(text: str, pointer: str, new: str) -> list[_Edit]:
    """Add a member before the first one of its object, in the layout of that one."""
    parent, _, key = pointer.rpartition("/")
    span = find_spans(text, [parent]).get(parent)
    if span is None or text[span.value.start] != "{":
        return []
    blank = re.compile(r"\s*").match(text, span.value.start + 1)
    layout = blank[0] if blank else ""
    comma = "," if text[span.value.start + 1 + len(layout)] != "}" else ""
    place = Span(span.value.start + 1, span.value.start + 1)
    return [_Edit(place, f"{layout}{json.dumps(key)}: {new}{comma}")]


def _apply(text: str, edits: Iterable[_Edit]) -> str:
    for edit in sorted(edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start] + edit.new + text[edit.span.end :]
    return text


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
