"""The comparison of one dataset, and which side is nearer to its source."""

from dataclasses import dataclass, field
from enum import StrEnum

from oa_cli.shadow.content import Bounds, FileContent, shared_share
from oa_cli.shadow.sides import DatasetKey, SideDataset
from oa_shared.json_types import JsonObject

_BOUNDS_APART = 1e-6  # degrees: a rounding
_RATE_APART = 0.001
_DAY_S = 86_400


class Verdict(StrEnum):
    """The outcome for one dataset, from the worst."""

    UNREADABLE = "unreadable"
    ONLY_THEIRS = "only_theirs"
    ONLY_OURS = "only_ours"
    DIFFERS = "differs"
    SAME = "same"


class NearerSide(StrEnum):
    """The side whose number of features is nearer to the rows of the source."""

    THEIRS = "theirs"
    OURS = "ours"
    EQUAL = "equal"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SideResult:
    """A result of one side: what its file contains, or `error`. Without its file, only what the system states."""

    dataset: SideDataset
    content: FileContent | None = None
    error: str = ""

    @property
    def count(self) -> int | None:
        """Return the number of features."""
        return self.content.count if self.content else self.dataset.count

    @property
    def bounds(self) -> Bounds | None:
        """Return west, south, east, north."""
        return self.content.bounds if self.content else self.dataset.bounds

    def as_json(self) -> JsonObject:
        """Return the facts for `--json`."""
        content, updated = self.content, self.dataset.updated
        about: JsonObject = {
            "job": self.dataset.job,
            "updated": updated.isoformat() if updated else None,
            "count": self.count,
            "bounds": list(self.bounds) if self.bounds else None,
            "error": self.error or None,
        }
        if content is None:
            return about
        return {
            **about,
            "rates": content.rates(),
            "without_geometry": content.without_geometry,
            "digest": content.digest,
        }


@dataclass(frozen=True, slots=True)
class DatasetComparison:
    """One dataset of both sides; `shared` is the share of features that both have, None if it is not known."""

    key: DatasetKey
    verdict: Verdict
    theirs: SideResult | None
    ours: SideResult | None
    differences: list[str] = field(default_factory=list)
    shared: float | None = None
    nearer: NearerSide = NearerSide.UNKNOWN
    reason: str = ""

    def as_json(self) -> JsonObject:
        """Return the comparison for `--json`."""
        source, layer, name = self.key
        rows = self.ours.dataset.source_rows if self.ours else None
        return {
            "source": source,
            "layer": layer,
            "name": name,
            "verdict": self.verdict,
            "differences": self.differences,
            "shared": self.shared,
            "source_rows": rows,
            "nearer": self.nearer,
            "reason": self.reason,
            "theirs": self.theirs.as_json() if self.theirs else None,
            "ours": self.ours.as_json() if self.ours else None,
        }


def compare(key: DatasetKey, theirs: SideResult | None, ours: SideResult | None) -> DatasetComparison:
    """Return the comparison of a dataset that at least one side has."""
    if ours is None:
        return DatasetComparison(
            key,
            Verdict.ONLY_THEIRS,
            theirs,
            None,
            [],
            None,
            NearerSide.THEIRS,
            "this system has not published it",
        )
    if theirs is None:
        return DatasetComparison(
            key,
            Verdict.ONLY_OURS,
            None,
            ours,
            [],
            None,
            NearerSide.OURS,
            "openaddresses/batch has not published it",
        )
    errors = [f"{name}: {side.error}" for name, side in (("theirs", theirs), ("ours", ours)) if side.error]
    if errors:
        nearer = NearerSide.UNKNOWN if len(errors) > 1 else NearerSide.OURS if theirs.error else NearerSide.THEIRS
        return DatasetComparison(key, Verdict.UNREADABLE, theirs, ours, [], None, nearer, "; ".join(errors))
    differences, shared = _differences(theirs, ours), None
    if theirs.content and ours.content:
        shared = round(shared_share(theirs.content, ours.content), 4)
    if not differences:
        return DatasetComparison(key, Verdict.SAME, theirs, ours, [], shared, NearerSide.EQUAL, "no difference")
    nearer, reason = _nearer_side(theirs, ours)
    return DatasetComparison(key, Verdict.DIFFERS, theirs, ours, differences, shared, nearer, reason)


def _differences(theirs: SideResult, ours: SideResult) -> list[str]:
    """Return the names of what differs, with both values where they are short."""
    found = []
    if theirs.count != ours.count:
        found.append(f"count {_number(theirs.count)} / {_number(ours.count)}")
    if not _are_close(theirs.bounds, ours.bounds):
        found.append("bounds")
    if theirs.content is None or ours.content is None:
        return found
    before, after = theirs.content.rates(), ours.content.rates()
    for name in sorted(before | after):
        rates = before.get(name, 0.0), after.get(name, 0.0)
        if abs(rates[0] - rates[1]) > _RATE_APART:
            found.append(f"{name} {rates[0]:.1%} / {rates[1]:.1%}")
    sums = ("attributes", "geometries", "features")
    found += [f"hash of {name}" for name in sums if getattr(theirs.content, name) != getattr(ours.content, name)]
    return found


def _are_close(one: Bounds | None, other: Bounds | None) -> bool:
    if one is None or other is None:
        return one is other
    return all(abs(a - b) <= _BOUNDS_APART for a, b in zip(one, other, strict=True))


def _nearer_side(theirs: SideResult, ours: SideResult) -> tuple[NearerSide, str]:
    """Return the side with the number of features that is nearer to the rows that we read from the source, and why."""
    rows = ours.dataset.source_rows
    if rows is None or theirs.count is None or ours.count is None:
        return NearerSide.UNKNOWN, "no number of rows in the source"
    apart = abs(theirs.count - rows), abs(ours.count - rows)
    text = f"{rows:,} rows in the source: openaddresses/batch is {apart[0]:,} away, this system {apart[1]:,}"
    reason = f"{text}{_age(theirs, ours)}"
    if apart[0] == apart[1]:
        return NearerSide.EQUAL, reason
    return (NearerSide.THEIRS if apart[0] < apart[1] else NearerSide.OURS), reason


def _age(theirs: SideResult, ours: SideResult) -> str:
    """Return how long apart the sides read the source, if it is a day or more: the source may have changed between."""
    if theirs.dataset.updated is None or ours.dataset.updated is None:
        return ""
    days = (ours.dataset.updated - theirs.dataset.updated).total_seconds() / _DAY_S
    return f"; this system's data is {abs(days):.0f} days {'newer' if days > 0 else 'older'}" if abs(days) >= 1 else ""


def _number(count: int | None) -> str:
    return "none" if count is None else f"{count:,}"
