"""The law of reading.

Each row is in the output once, as it was written, or is counted, or the job fails with a code that is not `bug.*`.
"""

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from oa_shared.json_types import JsonObject
from oa_task.conversion.convert import convert
from oa_task.runtime.failure import TaskFailure
from readers.combinations import NO_DAMAGE, Combination
from readers.damages import BYTE_DAMAGES, Place, damage_body
from readers.downloads import GAPS, download_of, entry_of, mark_of, sound_files, table_of
from readers.formats import READER_FORMATS
from readers.shapes import Gaps, are_same
from readers.tables import Table
from readers.texts import Naming
from support.round_trip import read_lines

_WITHOUT = frozenset({"validated", "parquet", "changes", "tiles", "preview", "profile", "cache"})


class Verdict(StrEnum):
    """What became of a download; `SILENT` and `CRASH` break the law, and so does `REFUSED`: sound data that fails."""

    RIGHT = "all rows as they were written"
    COUNTED = "rows counted or warned of"
    FAILED = "failed with a code"
    SILENT = "rows lost, doubled or bent in silence"
    REFUSED = "sound data not read"
    CRASH = "a crash"


BREACHES = frozenset({Verdict.SILENT, Verdict.REFUSED, Verdict.CRASH})


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict with the failure code or what is wrong, and the number of rows that came out."""

    verdict: Verdict
    detail: str = ""
    rows: int = 0


@dataclass(frozen=True, slots=True)
class _Output:
    """The features and counts of a conversion."""

    features: list[dict[str, Any]]
    counts: JsonObject

    @property
    def counted(self) -> int:
        """Return how many rows are bad or left out."""
        rows: Any = self.counts["rows"]
        return sum(report["count"] for report in rows["bad"].values()) + sum(rows["left_out"].values())


def judge(combination: Combination, folder: Path) -> Outcome:
    """Convert the download of a combination in a folder of its own, and judge what comes out."""
    table = table_of(combination)
    try:
        output = _convert(combination, folder)
    except TaskFailure as failure:
        return _judge_failure(combination, failure)
    except Exception as error:  # noqa: BLE001 - any other exception is the finding
        return Outcome(Verdict.CRASH, f"{type(error).__name__}: {error}")
    problem = _problem(combination, table, output)
    rows = len(output.features)
    if problem:
        return Outcome(Verdict.SILENT, problem, rows)
    if not _has_unexpected(combination, output):
        return Outcome(Verdict.RIGHT, "", rows)
    if is_sound(combination):
        return Outcome(Verdict.REFUSED, str(output.counts["rows"]) + str(output.counts["warnings"]), rows)
    return Outcome(Verdict.COUNTED, "", rows)


def is_sound(combination: Combination) -> bool:
    """Return whether the data has no damage, and an encoding that is known."""
    is_known = combination.naming is not Naming.NOTHING or combination.encoding in {"utf-8", "ascii", "utf-16"}
    return combination.damage == NO_DAMAGE and is_known


def _convert(combination: Combination, folder: Path) -> _Output:
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("raw", "work", "out"):
        (folder / name).mkdir(parents=True)
    name, body = download_of(combination)
    (folder / "raw" / name).write_bytes(body)
    counts = convert(
        [folder / "raw" / name],
        entry_of(combination),
        work=folder / "work",
        out=folder / "out",
        on_progress=lambda _count: None,
        without=_WITHOUT,
    )
    return _Output(read_lines(folder / "out" / "source.geojson.gz"), counts)


def _judge_failure(combination: Combination, failure: TaskFailure) -> Outcome:
    if failure.code.startswith("bug."):
        return Outcome(Verdict.CRASH, f"{failure.code}: {failure}")
    if is_sound(combination):
        return Outcome(Verdict.REFUSED, f"{failure.code}: {failure}")
    return Outcome(Verdict.FAILED, failure.code)


def _problem(combination: Combination, table: Table, output: _Output) -> str:
    """Return what came out wrong without a word, empty if nothing did."""
    counts = Counter(str(feature["properties"]["id"]) for feature in output.features)
    known = frozenset(table.ids)
    doubled = [name for name, count in counts.items() if count > 1 and name in known]
    damage = BYTE_DAMAGES.get(combination.damage)
    silent = damage.silent_rows if damage else 0
    if doubled and not silent:
        return f"{len(doubled)} rows are doubled: {doubled[:3]}"
    announced = _list_announced(combination, table)
    missing = [name for name in announced if name not in counts]
    if len(missing) > output.counted + silent:
        told = f"{output.counted} counted, warnings {output.counts['warnings']}"
        return f"{len(missing)} of {len(announced)} rows are missing, {told}: {missing[:3]}"
    if _has_unexpected(combination, output):
        return ""
    changed = _list_changed(table, output)
    strangers = [name for name in counts if name not in known]
    uncounted = max(len(missing) - output.counted, 0)
    # A row whose identifier is damaged is missing under its own and comes under another one.
    wrong = len(changed) + max(len(strangers), uncounted)
    allowed = silent + len(table.ids) - len(announced) + int(READER_FORMATS[combination.format].has_open_end)
    return f"rows differ: {changed[:2]} {strangers[:3]}" if wrong > allowed else ""


def _list_announced(combination: Combination, table: Table) -> Sequence[str]:
    """Return the rows that the data announces, or has whole where it announces no number."""
    is_packed = combination.place is Place.DOWNLOAD  # then a length or a checksum shows the damage
    damage = BYTE_DAMAGES.get(combination.damage)
    if damage is None or is_packed or READER_FORMATS[combination.format].announces:
        return table.ids
    (sound,) = sound_files(combination).values()
    damaged = damage_body(sound, damage, mark_of(combination))
    start = _common_bytes(sound, damaged)
    end = len(sound) - (_common_bytes(sound[::-1], damaged[::-1]) if len(damaged) == len(sound) else 0)
    return table.ids[: _rows_in(combination, sound[:start])] + table.ids[_rows_in(combination, sound[:end]) + 1 :]


def _common_bytes(one: bytes, other: bytes) -> int:
    """Return how many bytes at the start are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (byte, changed) in pairs if byte != changed), min(len(one), len(other)))


def _rows_in(combination: Combination, start: bytes) -> int:
    """Return how many rows end in the first bytes of data whose rows are lines."""
    codec = "utf-16" if combination.encoding == "utf-16" else combination.encoding
    lines = start.decode(codec, "ignore").count("\n") - int(combination.format.startswith("CSV"))
    return max(lines, 0)


def _list_changed(table: Table, output: _Output) -> list[str]:
    """Return the rows that came out with another text or shape."""
    written = {name: index for index, name in enumerate(table.ids)}
    pairs = [(feature, written.get(str(feature["properties"]["id"]))) for feature in output.features]
    known = [(feature, index) for feature, index in pairs if index is not None]
    shapes = shapely.from_geojson([_geometry_text(feature) for feature, _ in known])
    expected = np.array([table.plain[index] for _, index in known], dtype=object)
    is_right = are_same(shapes, expected)
    return [
        f"{table.ids[index]}: {json.dumps(feature, ensure_ascii=False)[:300]}"
        for (feature, index), agrees in zip(known, is_right.tolist(), strict=True)
        if not agrees or feature["properties"]["name"] != table.texts[index]
    ]


def _geometry_text(feature: dict[str, Any]) -> str | None:
    return None if feature["geometry"] is None else json.dumps(feature["geometry"])


def _has_unexpected(combination: Combination, output: _Output) -> bool:
    """Return whether sound data has bad rows or warnings, other than rows left out for the lack of a geometry."""
    rows: Any = output.counts["rows"]
    warnings: Any = output.counts["warnings"]
    gaps = len(GAPS) if combination.gaps is not Gaps.NONE else 0
    is_format_known = READER_FORMATS[combination.format].is_declared
    unexpected = [text for text in warnings if is_format_known or "`conform.format`" not in text]
    return bool(rows["bad"] or unexpected or sum(rows["left_out"].values()) > gaps)
