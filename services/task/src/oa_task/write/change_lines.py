"""The lines of `changes.jsonl.gz`."""

from json import JSONEncoder

from oa_shared.json_types import JsonMapping, JsonObject
from oa_task.write.feature_keys import FeatureText
from oa_task.write.lines import HASH_DIGITS, HEAD

_JSON = JSONEncoder(ensure_ascii=False)


def removed_line(line: bytes, occurrence: int) -> bytes:
    """Return the line of a removed feature."""
    return b'{"change": "removed", "id_occurrence": %d, "feature": %s}\n' % (occurrence, line)


def added_line(line: bytes, occurrence: int) -> bytes:
    """Return the line of an added feature."""
    return b'{"change": "added", "id_occurrence": %d, "feature": %s}\n' % (occurrence, line)


def changed_line(line: bytes, occurrence: int, before: bytes) -> bytes:
    """Return the line of a changed feature: with the earlier values of what differs."""
    old, new = FeatureText.read(before), FeatureText.read(line)
    values = _JSON.encode(earlier_values(old.properties, new.properties)).encode()
    geometry = b"" if old.geometry == new.geometry else b'"before_geometry": %s, ' % old.geometry
    previous_hash = before[len(HEAD) : len(HEAD) + HASH_DIGITS]
    parts = (occurrence, previous_hash, values, geometry, line)
    return b'{"change": "changed", "id_occurrence": %d, "previous_hash": "%s", "before": %s, %s"feature": %s}\n' % parts


def earlier_values(before: JsonMapping, after: JsonMapping) -> JsonObject:
    """Return the values before a change of the properties that differ, null for a property that was not there."""
    names = [name for name in dict.fromkeys([*before, *after]) if name != "hash"]
    return {name: before.get(name) for name in names if before.get(name) != after.get(name)}
