"""A result with the files that it lacked, which a backfill builds from its `source.geojson.gz`."""

import re
from dataclasses import dataclass

from oa_shared.ids import parse_attempt_key
from oa_shared.imported_files import parse_imported_key
from oa_shared.json_types import JsonMapping, JsonObject

_SOURCE_FILE, _TILES_FILE = "source.geojson.gz", "source.pmtiles"
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
# What the features say, which a result of another system may lack or count in another way.
_COUNTS = ("count", "valid", "without_geometry", "bounds", "fields", "invalid", "placement")
BACKFILLED_FROM = "built_from"


@dataclass(frozen=True, slots=True)
class BackfilledResult:
    """The result of an attempt, and the result of the backfill for it."""

    job: int
    attempt: int
    added: JsonObject | None
    result: JsonObject | None


def add_files(result: JsonMapping, added: JsonMapping, *, job: int) -> JsonObject:
    """Return the result of `job` with the files of a backfill and the counts of its features.

    Files that the job or another system wrote stay, except tiles of another system, whose layers have other names.
    Those of an earlier backfill are replaced. The file of all features stays, with its size and digest.
    """
    old, new = _outputs(result), _outputs(added)
    kept = {name: facts for name, facts in old.items() if _is_own(name, facts, job)}
    source = added.get(BACKFILLED_FROM)
    if isinstance(source, dict) and _SOURCE_FILE in kept:
        kept[_SOURCE_FILE] = {**_facts(kept[_SOURCE_FILE]), **_checked_facts(source)}
    counts = {name: added[name] for name in _COUNTS if added.get(name) is not None}
    return {**result, **counts, "outputs": {**new, **kept}}


def _outputs(result: JsonMapping) -> JsonObject:
    outputs = result.get("outputs")
    return dict(outputs) if isinstance(outputs, dict) else {}


def _facts(facts: object) -> JsonObject:
    return dict(facts) if isinstance(facts, dict) else {}


def _is_own(name: str, facts: object, job: int) -> bool:
    """Return whether a file is not one of an earlier backfill, and its tiles are those of this system."""
    key = str(_facts(facts).get("key") or "")
    if parse_imported_key(key) is not None:
        return name != _TILES_FILE
    parsed = parse_attempt_key(key)
    return parsed is None or parsed.job == job


def _checked_facts(source: JsonMapping) -> JsonObject:
    """Return the size and digest that a container reports of a file, or None for a value of another type."""
    size, sha256 = source.get("bytes"), source.get("sha256")
    checked: JsonObject = {}
    if isinstance(size, int) and not isinstance(size, bool) and size >= 0:
        checked["bytes"] = size
    if isinstance(sha256, str) and _SHA256.match(sha256):
        checked["sha256"] = sha256
    return checked
