"""Features of two versions without ids: which are one feature, and what changed in it."""

from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xxhash import xxh3_64_intdigest

from oa_task.sandbox.report_schemas import FeatureChangesSchema
from oa_task.write.feature_keys import FeatureKeys
from oa_task.write.feature_pairing import pair_features
from oa_task.write.key_groups import pair_equal_keys
from support.feature_versions import Row, feature_batch, make_street_rows, write_changes
from support.plain_pairing import PlainPairing

COUNT = 800
SHARED_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None)


def change_all(rows: list[Row], **change: Any) -> list[Row]:
    """Change each row; a function gets the value before."""
    return [
        {**row, **{name: value(row.get(name)) if callable(value) else value for name, value in change.items()}}
        for row in rows
    ]


ROWS = make_street_rows(COUNT)
NUMBERED = [{**row, "id": str(place)} for place, row in enumerate(ROWS)]
STACKED = change_all(ROWS, x=-90.0, y=40.0)
PLACELESS = [{name: value for name, value in row.items() if name not in "xy"} for row in ROWS]
ALL_LOST, ALL_CHANGED, ALL_GAINED = ({kind: COUNT} for kind in ("lost", "changed", "gained"))


@pytest.mark.parametrize("is_shuffled", [False, True])
@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        (ROWS, change_all(ROWS, number=""), {"number": ALL_LOST}),
        (ROWS, change_all(ROWS, number=None), {"number": ALL_LOST}),
        (change_all(ROWS, number=""), ROWS, {"number": ALL_GAINED}),
        (ROWS, change_all(ROWS, street=str.upper), {"street": ALL_CHANGED}),
        (ROWS, change_all(ROWS, number="", street=""), {"number": ALL_LOST, "street": ALL_LOST}),
        (
            ROWS,
            change_all(ROWS, number="", street="", city=""),
            dict.fromkeys(("number", "street", "city"), ALL_LOST),
        ),
        (ROWS, change_all(ROWS, street=str.upper, city=str.upper), {"street": ALL_CHANGED, "city": ALL_CHANGED}),
        (ROWS, change_all(ROWS, x=lambda x: x + 1), {"geometry": ALL_CHANGED}),
        (ROWS, PLACELESS, {"geometry": ALL_LOST}),
        (ROWS, change_all(ROWS, number="", x=lambda x: x + 1), {"number": ALL_LOST, "geometry": ALL_CHANGED}),
        (NUMBERED, change_all(NUMBERED, number=""), {"number": ALL_LOST}),
        (NUMBERED, change_all(NUMBERED, id=""), {"id": ALL_LOST}),
        (NUMBERED, change_all(NUMBERED, id=lambda number: str(int(number) + 7)), {"id": ALL_CHANGED}),
        (
            NUMBERED,
            change_all(NUMBERED, id=lambda number: str(int(number) + 7), number=""),
            {"id": ALL_CHANGED, "number": ALL_LOST},
        ),
        (
            NUMBERED,
            change_all(NUMBERED, street=str.upper, x=lambda x: x + 1),
            {"street": ALL_CHANGED, "geometry": ALL_CHANGED},
        ),
        (STACKED, change_all(STACKED, number=""), {"number": ALL_LOST}),
        (PLACELESS, change_all(PLACELESS, number=""), {"number": ALL_LOST}),
    ],
)
def test_pair_features_rule_that_breaks_reads_as_its_field(
    tmp_path: Path, before: list[Row], after: list[Row], fields: dict[str, Any], *, is_shuffled: bool
) -> None:
    order = np.random.default_rng(1).permutation(COUNT) if is_shuffled else np.arange(COUNT)
    new = [after[place] for place in order.tolist()]
    found = write_changes(tmp_path, before, new, cut=300)
    assert found.by_kind == (0, 0, COUNT, 0)
    assert found.fields == fields
    assert found.counts.fields.moved == (
        COUNT if set(fields) == {"geometry"} and fields["geometry"] == ALL_CHANGED else 0
    )


@pytest.mark.parametrize("name", ["number", "street"])
def test_pair_features_row_reads_as_changed_though_everything_else_moved(tmp_path: Path, name: str) -> None:
    """In the same order, nothing else is needed: the place and one field differ, the other is equal."""
    found = write_changes(tmp_path, ROWS, change_all(ROWS, **{name: lambda text: f"{text}B"}, x=lambda x: x + 1))
    assert found.by_kind == (0, 0, COUNT, 0)
    assert found.fields == {name: ALL_CHANGED, "geometry": ALL_CHANGED}


def test_pair_features_broken_rule_and_other_changes(tmp_path: Path) -> None:
    after = change_all(ROWS[100:], number="") + change_all(make_street_rows(1000)[900:], number="")
    found = write_changes(tmp_path, ROWS, after)
    assert found.by_kind == (100, 100, COUNT - 100, 0)
    assert found.fields == {"number": {"lost": COUNT - 100}}


HOUSE: Row = {"number": "12", "street": "Main St", "city": "X", "x": 1.0, "y": 1.0}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (HOUSE, {"number": "7", "street": "Oak Ave", "city": "X", "x": 2.0, "y": 1.0}),
        (HOUSE, {**HOUSE, "number": "14", "x": 1.001}),
        ({"id": "3", "city": "X", "x": 1.0, "y": 1.0}, {"id": "4", "city": "Y", "x": 1.0, "y": 1.0}),
        ({"number": "1", "x": 1.0, "y": 1.0}, {"number": "2"}),
        ({"x": 1.0, "y": 1.0}, {"number": "2", "street": "Oak Ave", "x": 2.0, "y": 1.0}),
        ({"x": 1.0, "y": 1.0}, {"x": 9.0, "y": 1.0}),
    ],
)
def test_pair_features_another_feature_is_not_a_change(tmp_path: Path, before: Row, after: Row) -> None:
    """A demolished house and a new one elsewhere share a row and a city, and are not one feature."""
    rest = make_street_rows(100)
    found = write_changes(tmp_path, [*rest, before], [*rest, after])
    assert found.by_kind == (1, 1, 0, 100)


def test_pair_features_without_fields_pairs_rows_that_all_moved(tmp_path: Path) -> None:
    bare = [{"x": row["x"], "y": row["y"]} for row in ROWS]
    found = write_changes(tmp_path, bare, change_all(bare, x=lambda x: x + 1))
    assert (found.by_kind, found.counts.fields.moved) == ((0, 0, COUNT, 0), COUNT)


def test_changes_beyond_the_limit_are_counted_as_not_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oa_task.write.feature_keys.MAX_COMPARED", 500)
    found = write_changes(tmp_path, ROWS, change_all(ROWS, number=""))
    assert found.by_kind == (300, 300, 500, 0)
    assert found.counts.report()["not_compared"] == 600
    assert found.lines[-1]["not_compared"] == 600
    assert FeatureChangesSchema().load(found.counts.report()) == found.counts.report()


def test_changes_work_files_are_removed(tmp_path: Path) -> None:
    write_changes(tmp_path, NUMBERED, change_all(NUMBERED, number="", x=lambda x: x + 1))
    assert {path.name for path in tmp_path.iterdir()} == {"before.gz", "changes.jsonl.gz", "delta.geojson"}


TEXTS = st.sampled_from(["", "1", "2"])
PLACES = st.sampled_from([0.0, 1.0, np.nan])
FEATURE = st.fixed_dictionaries(
    {"number": TEXTS, "street": TEXTS, "city": st.sampled_from(["", "X"]), "id": TEXTS, "x": PLACES, "y": st.just(1.0)}
).map(lambda row: row if row["x"] == row["x"] else {**row, "y": np.nan})
VERSION = st.lists(FEATURE, max_size=14)


@SHARED_FOLDER
@given(VERSION, VERSION, st.integers(0, 14))
def test_changes_counts_add_up_and_equal_those_of_the_lines(
    tmp_path: Path, before: list[Row], after: list[Row], cut: int
) -> None:
    found = write_changes(tmp_path, before, after, cut=cut)
    added, removed, changed, unchanged = found.by_kind
    assert added + changed + unchanged == len(after)
    assert removed + changed + unchanged == len(before)
    old, new = (Counter(feature_batch(rows).hashes.to_list()) for rows in (before, after))
    assert unchanged == (old & new).total()
    by_change = Counter(line["change"] for line in found.lines[:-1])
    assert (by_change["added"], by_change["removed"], by_change["changed"]) == (added, removed, changed)
    _check_each_feature_is_used_once(found.lines[:-1], old - new, new - old)
    _check_fields(found.lines[:-1], found.fields, found.counts.fields.moved)


def _check_each_feature_is_used_once(lines: list[dict[str, Any]], removed: Counter[str], added: Counter[str]) -> None:
    left = {line["change"]: Counter[str]() for line in lines}
    for line in lines:
        left[line["change"]][line["feature"]["properties"]["hash"]] += 1
    replaced = Counter(line["previous_hash"] for line in lines if line["change"] == "changed")
    assert left.get("removed", Counter()) + replaced == removed
    assert left.get("added", Counter()) + left.get("changed", Counter()) == added


def _check_fields(lines: list[dict[str, Any]], fields: dict[str, dict[str, int]], moved: int) -> None:
    """Count again, from the lines."""
    expected: dict[str, Counter[str]] = {}
    only_geometry = 0
    for line in lines:
        if line["change"] != "changed":
            continue
        values = {name: (value, line["feature"]["properties"][name]) for name, value in line["before"].items()}
        if "before_geometry" in line:
            values["geometry"] = (line["before_geometry"], line["feature"]["geometry"])
        differing = {name: _kind_of(*pair) for name, pair in values.items() if (pair[0] or None) != (pair[1] or None)}
        only_geometry += differing == {"geometry": "changed"}
        for name, kind in differing.items():
            expected.setdefault(name, Counter())[kind] += 1
    assert fields == expected
    assert moved == only_geometry


def _kind_of(before: object, after: object) -> str:
    if not before:
        return "gained"
    return "changed" if after else "lost"


@given(st.lists(st.integers(0, 4), max_size=60), st.lists(st.integers(0, 4), max_size=60))
def test_pair_equal_keys_equals_a_plain_search(old: list[int], new: list[int]) -> None:
    indexes = np.arange(len(old)) * 3, np.arange(len(new)) * 5
    found = pair_equal_keys(*indexes, np.array(old, dtype=np.uint64), np.array(new, dtype=np.uint64))
    expected = []
    for key in range(5):
        mine = [3 * place for place, value in enumerate(old) if value == key]
        theirs = [5 * place for place, value in enumerate(new) if value == key]
        expected += [(a, b, len(mine), len(theirs)) for a, b in zip(mine, theirs, strict=False)]
    columns = (found.removed, found.added, found.removed_alike, found.added_alike)
    assert sorted(zip(*(column.tolist() for column in columns), strict=True)) == sorted(expected)


class KeysAndFeatures(NamedTuple):
    """The same features for the engine and for the plain passes."""

    keys: FeatureKeys
    features: list[dict[str, int]]
    gaps: list[int]


NUMBERS = st.sampled_from([0, 0, 1, 2, 3])
PLAIN = st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.integers(0, 2))
SIDE = st.lists(PLAIN, max_size=24)
PLAIN_NAMES = ("number", "street", "id")


def make_side(rows: list[tuple[int, ...]]) -> KeysAndFeatures:
    """The gap of a row is at least that of the one before; each value of a field has a number of its own."""
    gaps = np.cumsum([row[4] for row in rows], dtype=np.int64)
    columns = [
        np.array([xxh3_64_intdigest(b"%d" % row[place], place) if row[place] else 0 for row in rows], dtype=np.uint64)
        for place in range(4)
    ]
    names = (*PLAIN_NAMES, "geometry")
    features = [{name: row[place] for place, name in enumerate(names) if row[place]} for row in rows]
    keys = FeatureKeys(dict(zip(PLAIN_NAMES, columns, strict=False)), columns[3], gaps)
    return KeysAndFeatures(keys, features, gaps.tolist())


@settings(max_examples=150, deadline=None)
@given(SIDE, SIDE, st.booleans())
def test_pair_features_equals_the_plain_passes(
    before: list[tuple[int, ...]],
    after: list[tuple[int, ...]],
    has_same_order: bool,  # noqa: FBT001 - hypothesis
) -> None:
    removed, added = make_side(before), make_side(after)
    found = pair_features(removed.keys, added.keys, has_same_order=has_same_order).tolist()
    gaps = (removed.gaps, added.gaps) if has_same_order else None
    expected = PlainPairing(list(PLAIN_NAMES), removed.features, added.features, gaps).run()
    assert {index: partner for index, partner in enumerate(found) if partner >= 0} == expected
    assert len(set(expected.values())) == len(expected)


@pytest.mark.parametrize("name_place", range(3))
@pytest.mark.parametrize(
    ("count", "left", "is_paired"), [(17, 17, True), (17, 16, False), (16, 15, True), (15, 16, True)]
)
def test_pair_features_alike_beyond_the_limit_are_left_alone(
    count: int, left: int, name_place: int, *, is_paired: bool
) -> None:
    """Flats at one point lose the only field in which they differ; the two files have different numbers of them."""
    common = [0 if place in {2, name_place} else 1 for place in range(4)]
    old = [(*common[:name_place], 2 + index, *common[name_place + 1 :], 0) for index in range(count)]
    new = [(*common, 0)] * left
    removed, added = make_side(old), make_side(new)
    found = pair_features(removed.keys, added.keys, has_same_order=False).tolist()
    expected = PlainPairing(list(PLAIN_NAMES), removed.features, added.features, None).run()
    assert {index: partner for index, partner in enumerate(found) if partner >= 0} == expected
    assert len(expected) == (min(count, left) if is_paired else 0)
