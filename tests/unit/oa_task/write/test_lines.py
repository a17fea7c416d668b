import json

import numpy as np
import polars as pl
import shapely
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from oa_task.features.batch import Attributes, Points, Shapes
from oa_task.write.lines import HEAD, output_batch

TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def attributes(**columns: list[str | None]) -> Attributes:
    return Attributes(pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)))


def no_place(height: int) -> Points:
    return Points(np.full(height, np.nan), np.full(height, np.nan))


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=20))
def test_output_batch_any_text_equals_json_dumps(rows: list[tuple[str | None, str | None]]) -> None:
    made = output_batch(attributes(a=[a for a, _ in rows], b=[b for _, b in rows]), no_place(len(rows)), "addresses")
    for (a, b), line, digits in zip(rows, made.lines, made.hashes, strict=True):
        properties = {"hash": digits, "a": a, "b": b}
        assert line == json.dumps({"type": "Feature", "properties": properties, "geometry": None}) + "\n"


def test_output_batch_encoded_column_is_written_unchanged() -> None:
    frame = pl.DataFrame({"accuracy": ["1", None, '"x"', "[1, 2]"]})
    made = output_batch(Attributes(frame, frozenset({"accuracy"})), no_place(4), "addresses")
    found = [json.loads(line)["properties"]["accuracy"] for line in made.lines]
    assert found == [1, None, "x", [1, 2]]


def test_output_batch_hash_is_xxh3_of_the_tail() -> None:
    made = output_batch(attributes(pid=["é1"]), Points(np.array([-122.123456789]), np.array([45.0])), "parcels")
    line, digits = made.lines[0], made.hashes[0]
    tail = line.removeprefix(HEAD + digits + '", ').removesuffix("\n")
    assert tail == '"pid": "\\u00e91"}, "geometry": {"type": "Point", "coordinates": [-122.1234568, 45.0]}}'
    assert digits == xxhash.xxh3_64_hexdigest(tail.encode()) == "4057531e15f86227"


def test_output_batch_hash_is_independent_of_the_batch() -> None:
    alone = output_batch(attributes(pid=["1"]), no_place(1), "parcels")
    among = output_batch(attributes(pid=["é", "1", None]), no_place(3), "parcels")
    assert alone.hashes[0] == among.hashes[1]


def test_output_batch_address_polygons_become_points_on_their_surface() -> None:
    shapes = np.array([shapely.box(0, 0, 2, 2), None, shapely.Point(), shapely.Point(3, 4)])
    made = output_batch(attributes(id=["a", "b", "c", "d"]), Shapes(shapes), "addresses")
    found = [json.loads(line)["geometry"] for line in made.lines]
    surface = {"type": "Point", "coordinates": [1.0, 1.0]}
    assert found == [surface, None, None, {"type": "Point", "coordinates": [3.0, 4.0]}]
