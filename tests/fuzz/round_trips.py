"""Convert random rows by random definitions in every format: `python -m fuzz.round_trips 200`, in `tests`.

Every output must agree row by row with what went in, by the plain reference. Prints the number of definitions, of
those that the engine refuses, and each difference.
"""

import json
import sys
import tempfile
import time
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bench.rule_strategies import COLUMNS, definitions, texts
from oa_task.runtime.failure import TaskFailure
from support.layer_files import FORMATS, Cell, LayerFormat
from support.round_trip import RoundTrip, change_differences, differences, read_lines

_DEFINITIONS = 200
# The definition itself is at fault: no column for what identifies a feature, an expression that does not compile, or
# a chain that returns nothing.
_REFUSALS = ("source.columns_missing", "source.regexp", "source.bad_rows")
_REALS = [0.0, 12.0, -5.0, 1.5, 0.1, 2134.0, 123456.789]
_MAX_PRINTED = 20
_LEAST_DEGREES = 0.01  # places near 0, 0 are nowhere
_cells = {
    **dict.fromkeys(COLUMNS, texts | st.none()),
    "C": st.integers(-(2**31) + 1, 2**31 - 1) | st.integers(0, 99),
    "W": st.sampled_from(_REALS),
}
_row = st.tuples(
    st.fixed_dictionaries(_cells),
    st.floats(-179, 179).filter(lambda x: abs(x) > _LEAST_DEGREES),
    st.floats(-84, 84).filter(lambda y: abs(y) > _LEAST_DEGREES),
)
_rows = st.lists(_row, min_size=1, max_size=8)


@dataclass(frozen=True, slots=True)
class Source:
    """A definition (layer, rules), rows with their position, and which of the rows a later version of the data has."""

    definition: tuple[str, dict[str, Any]]
    rows: list[tuple[dict[str, Cell], float, float]]
    later: list[int]


sources = st.builds(
    lambda definition, rows, later: Source(definition, rows, [index % len(rows) for index in later]),
    definitions,
    _rows,
    st.lists(st.integers(0, 7), min_size=1, max_size=8),
)


def problems_of(name: str, source: Source) -> list[str] | None:
    """Convert a source in a format, then its later version; return the differences, None if the engine refuses it."""
    format_ = FORMATS[name]
    layer = source.definition[0] if source.definition[0] in format_.layers else "addresses"
    trip = RoundTrip(format_, layer, _rename(format_, source.definition[1]))
    rows = [_hold(format_, cells) for cells, _, _ in source.rows]
    shapes = [_shape(layer, round(x, 6), round(y, 6)) for _, x, y in source.rows]
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder, "first"), Path(folder, "second")
        before = first / "out/source.geojson.gz"
        try:
            trip.run(first, rows, shapes, None)
            trip.run(second, [rows[index] for index in source.later], [shapes[index] for index in source.later], before)
        except TaskFailure as failure:
            if failure.code in _REFUSALS:
                return None
            raise
        expected = trip.expected_features(rows, shapes)
        after = read_lines(second / "out/source.geojson.gz")
        return [
            *differences(first / "out", expected, layer),
            *differences(second / "out", [expected[index] for index in source.later], layer),
            *change_differences(read_lines(second / "out/changes.jsonl.gz"), read_lines(before), after),
        ]


def _shape(layer: str, x: float, y: float) -> shapely.Geometry:
    if layer == "addresses":
        return shapely.Point(x, y)
    if layer == "centerlines":
        return shapely.LineString([(x, y), (x + 0.01, y + 0.02)])
    return shapely.box(x, y, x + 0.01, y + 0.01)


def _rename(format_: LayerFormat, rules: dict[str, Any]) -> dict[str, Any]:
    """Return rules with the names that the format gives the columns."""
    text = json.dumps(rules)
    for column in COLUMNS:
        text = text.replace(json.dumps(column), json.dumps(format_.column(column)))
    renamed: dict[str, Any] = json.loads(text)
    return renamed


def _hold(format_: LayerFormat, cells: dict[str, Cell]) -> dict[str, Cell]:
    """Return the row, in the order of the columns, as the format can hold it."""
    values = {name: format_.text(value) if isinstance(value := cells[name], str) else value for name in COLUMNS}
    return {format_.column(name): value for name, value in values.items()}


def run_round_trips(name: str, inputs: int) -> int:
    """Print the numbers for a format; return the number of sources with differences."""
    counts: Counter[str] = Counter()
    started = time.perf_counter()

    @settings(
        deadline=None,
        database=None,
        max_examples=inputs,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(source=sources)
    def compare(source: Source) -> None:
        problems = problems_of(name, source)
        counts["definitions"] += 1
        counts["refused"] += problems is None
        counts["rows"] += len(source.rows) + len(source.later)
        if problems:
            counts["different"] += 1
            if counts["different"] <= _MAX_PRINTED:
                print(f"{name}: {source}: {problems[0]}")

    compare()
    seconds = time.perf_counter() - started
    print(
        f"round trip {name}: {counts['definitions']} definitions, {counts['refused']} refused, {counts['rows']} rows, "
        f"{counts['different']} with differences, {seconds:.0f} s"
    )
    return counts["different"]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    number = int(sys.argv[1]) if len(sys.argv) > 1 else _DEFINITIONS
    sys.exit(sum(run_round_trips(name, number) for name in FORMATS) > 0)
