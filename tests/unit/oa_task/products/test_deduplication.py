"""Deduplication, by example and as properties over random rows."""

import json
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oa_shared.plan_reading import read_plan
from oa_task.products import deduplication
from oa_task.products.address_normalization import normalize_addresses
from oa_task.products.deduplication import deduplicate, level_of, rank_datasets
from oa_task.products.parts import Part, PartCollector
from oa_task.products.proximity import NEAR_M, distance_m
from support.products import Bucket, Row, address, plan, plan_input

NEAR = 0.0005  # of latitude, 56 m
FAR = 0.002


class World:
    """Datasets and their rows after deduplication."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bucket = Bucket(folder / "bucket")
        self.inputs: list[Row] = []

    def publish(self, source_name: str, name: str, *rows: Row, **about: Any) -> None:
        self.inputs.append(self.bucket.publish(source_name, list(rows), name=name, **about))

    def kept_rows(self) -> tuple[list[tuple[str, str]], dict[str, int]]:
        part, dropped = self.deduplicate()
        rows = [(row["source"], row["id"] or "") for rows in part.rows() for row in rows.batch.to_pylist()]
        return sorted(rows), dropped

    def deduplicate(self) -> tuple[Part, dict[str, int]]:
        checked = read_plan(json.dumps(plan("export", self.inputs, formats=["csv"])).encode())
        gathering = PartCollector(checked, self.folder, lambda _count: None)
        for about in sorted(checked.inputs, key=lambda item: item.label):
            gathering.add(self.bucket.folder / about.key, about)
        (part,) = gathering.close()
        return deduplicate(part, rank_datasets(checked.inputs), self.folder)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_deduplicate_finer_level_wins_over_newer_job(world: World) -> None:
    world.publish("us/ca/berkeley", "city", address("1", "Main St", 1, 2))
    world.publish("us/ca/alameda", "county", address("1", "Main St", 1, 2 + NEAR))
    world.publish("us/ca/statewide", "state", address("1", "Main St", 1, 2))
    world.publish("us/countrywide", "country", address("1", "Main St", 1, 2))
    assert world.kept_rows() == ([("us/ca/berkeley/addresses/city", "")], {"finer_level": 3})


def test_deduplicate_same_level_keeps_the_newer_job(world: World) -> None:
    world.publish("us/ca/a", "city", address("1", "Main St", 1, 2))
    world.publish("us/ca/b", "city", address("1", "Main St", 1, 2))
    assert world.kept_rows() == ([("us/ca/b/addresses/city", "")], {"newer": 1})


def test_deduplicate_distant_rows_are_both_kept(world: World) -> None:
    world.publish("us/a", "city", address("1", "Main St", 1, 2, id="x"), address("1", "Main St", 1, 2 + FAR, id="y"))
    assert world.kept_rows()[1] == {}


@pytest.mark.parametrize(
    ("one", "other", "is_one_address"),
    [
        ({}, {}, True),
        ({"number": "001"}, {"number": "1"}, True),
        ({"street": "Main Street"}, {"street": "MAIN  ST."}, True),
        ({"street": "North Oak Avenue"}, {"street": "N Oak Ave"}, True),
        ({"street": "Grüner Weg"}, {"street": "gruner weg"}, True),
        ({"street": "O'Neil Rd"}, {"street": "ONeil Road"}, True),
        ({"unit": "Apt 4"}, {"unit": "#4"}, True),
        ({"unit": "4"}, {"unit": "5"}, False),
        ({"unit": "4"}, {"unit": ""}, False),
        ({"postcode": "94704-1234"}, {"postcode": "94704"}, True),
        ({"postcode": "94704"}, {"postcode": ""}, True),
        ({"postcode": "94704"}, {"postcode": "94705"}, False),
        ({"number": "0"}, {"number": "00"}, True),
        ({"number": "1"}, {"number": "1a"}, False),
        ({"number": "1-a"}, {"number": "1 A"}, True),
        ({"number": "12-14"}, {"number": "1214"}, False),
        ({"number": ""}, {"number": ""}, False),
        ({"street": ""}, {"street": ""}, False),
        ({"city": "A", "region": "CA"}, {"city": "B", "region": ""}, True),
    ],
)
def test_deduplicate_ignores_spelling(
    world: World, one: dict[str, str], other: dict[str, str], *, is_one_address: bool
) -> None:
    base = {**address("1", "Main St", 1, 2)}
    world.publish("us/a", "city", {**base, **one, "id": "1"}, {**base, **other, "id": "2"})
    assert world.kept_rows()[1] == ({"repeated": 1} if is_one_address else {})


def test_deduplicate_rows_without_geometry_are_kept(world: World) -> None:
    world.publish("us/a", "city", {**address("1", "A", 1, 2), "at": None}, {**address("1", "A", 1, 2), "at": None})
    assert world.kept_rows()[1] == {}


def test_deduplicate_across_the_antimeridian_and_at_the_pole(world: World) -> None:
    rows = [address("1", "A", x, 10) for x in (180, -180, 179.9999)] + [address("2", "B", x, 89.9999) for x in (0, 90)]
    world.publish("fj/a", "city", *rows)
    assert world.kept_rows()[1] == {"repeated": 3}


def test_deduplicate_number_of_buckets_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [address(str(number % 40), "A", 1, 2, id=str(number)) for number in range(100)]
    world.publish("us/a", "city", *rows)
    whole = world.kept_rows()
    monkeypatch.setattr(deduplication, "BUCKET_ROWS", 10)
    assert world.kept_rows() == whole
    assert whole[1] == {"repeated": 60}


@pytest.mark.parametrize(
    ("source_name", "name", "level"),
    [
        ("us/ca/berkeley", "city", 0),
        ("us/ca/city_of_x", "unknown", 0),
        ("us/ca/alameda", "county", 1),
        ("us/ca/alameda", "x", 1),
        ("us/ca/statewide", "x", 2),
        ("fr/countrywide", "x", 3),
        ("fr/countrywide", "city", 0),
    ],
)
def test_level_of_uses_the_entry_then_the_source(source_name: str, name: str, level: int) -> None:
    checked = read_plan(json.dumps(plan("export", [plan_input(source_name, name)], formats=["csv"])).encode())
    assert level_of(checked.inputs[0]) == level


_ROWS = st.lists(
    st.tuples(
        st.sampled_from(["us/a", "us/b", "us/c"]),
        st.sampled_from(["city", "county"]),
        st.sampled_from(["1", "2", ""]),
        st.sampled_from(["Main St", "Main Street"]),
        st.sampled_from(["", "1", "2"]),
        st.integers(0, 8),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=90,
)


def _build_world(folder: Path, rows: list[Any], jobs: dict[tuple[str, str], int]) -> World:
    world = World(folder)
    for source, name in sorted({row[:2] for row in rows}):
        mine = [row for row in rows if row[:2] == (source, name)]
        addresses = [
            address(number, street, 179.9995 + x * NEAR, 45 + y * NEAR, postcode=postcode)
            for _, _, number, street, postcode, x, y in mine
        ]
        wrapped = [{**row, "at": ((row["at"][0] + 180) % 360 - 180, row["at"][1])} for row in addresses]
        world.publish(source, name, *wrapped)
        world.inputs[-1]["job"] = jobs[source, name]
    return world


def _content(part: Part) -> list[tuple[str, str]]:
    return sorted((row["source"], row["hash"]) for rows in part.rows() for row in rows.batch.to_pylist())


@settings(max_examples=40)
@given(rows=_ROWS, random=st.randoms(use_true_random=False))
def test_deduplicate_is_independent_of_order_and_idempotent(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Any], random: Random
) -> None:
    names = sorted({row[:2] for row in rows})
    jobs = dict(zip(names, random.sample(range(100), len(names)), strict=True))
    first = _build_world(tmp_path_factory.mktemp("a"), rows, jobs)
    shuffled = random.sample(rows, len(rows))
    second = _build_world(tmp_path_factory.mktemp("b"), shuffled, jobs)
    part, dropped = first.deduplicate()
    other, other_dropped = second.deduplicate()
    assert _content(part) == _content(other)
    assert dropped == other_dropped
    assert part.count + sum(dropped.values()) == len(rows)
    checked = read_plan(json.dumps(plan("export", first.inputs, formats=["csv"])).encode())
    again = first.folder / "again"
    again.mkdir()
    same, nothing = deduplicate(part, rank_datasets(checked.inputs), again)
    assert nothing == {}
    assert _content(same) == _content(part)
    _assert_no_duplicates(part)


def _assert_no_duplicates(part: Part) -> None:
    """Compare every pair of rows."""
    kept = [row for rows in part.rows() for row in rows.batch.to_pylist()]
    forms = normalize_addresses(
        pl.DataFrame([{key: row[key] for key in FIELDS} for row in kept], schema=dict.fromkeys(FIELDS, pl.String))
    )
    pairs = list(zip(kept, forms.to_dicts(), strict=True))
    for place, (row, form) in enumerate(pairs):
        for other, other_form in pairs[place + 1 :]:
            is_named = form["number"] and form["street"]
            is_same = all(form[key] == other_form[key] for key in ("number", "street", "unit"))
            codes = {form["postcode"], other_form["postcode"]} - {""}
            away = distance_m(row["bbox"]["xmin"], row["bbox"]["ymin"], other["bbox"]["xmin"], other["bbox"]["ymin"])
            assert not (is_named and is_same and len(codes) < 2 and away <= NEAR_M)


FIELDS = ("number", "street", "unit", "postcode")
