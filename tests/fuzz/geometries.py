"""Feed mutated geometries of every type, as WKB, to the reader: `python -m fuzz.geometries 2000`, in `tests`.

Each must come out as a straight shape or as unusable with a reason, within a second of CPU time and without a change to
other rows, and every layer must accept it. Prints the number of inputs and of unusable ones.
"""

import struct
import sys
import time
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.searching import search_settings
from oa_task.features.bad_rows import BadRows
from oa_task.features.batch import Attributes
from oa_task.features.geometry import is_missing
from oa_task.features.validation import validate
from oa_task.read import wkb
from oa_task.read.crs import lon_lat_shapes, projection
from oa_task.read.wkb_geometry import WkbKind
from oa_task.write.geometry import output_geometry
from support.wkb_writer import encode, spellings, trees

_LINE = b"\x01" + struct.pack("<II4d", WkbKind.LINE, 2, 0, 0, 1, 1)
_ATTRIBUTES = Attributes(pl.DataFrame({name: ["1"] * 3 for name in ("number", "street", "pid")}))
_MAX_S, _MAX_BYTES = 1.0, 100_000
_COUNTS = st.sampled_from([0, 1, 2, 3, 4, 255, 2**16, 2**31, 2**32 - 1]).map(lambda count: struct.pack("<I", count))
_NUMBERS = st.sampled_from([0.0, -0.0, 1e308, -1e308, float("inf"), float("nan"), 5e-324]).map(
    lambda number: struct.pack("<d", number)
)
_TYPES = st.builds(lambda kind, high: struct.pack("<I", kind | high << 29), st.integers(0, 4020), st.integers(0, 7))


@dataclass
class Outcomes:
    """How many geometries came out as what."""

    inputs: int = 0
    unusable: int = 0


@st.composite
def _bodies(draw: st.DrawFn) -> bytes:
    body = encode(draw(st.sampled_from(list(WkbKind)).flatmap(trees)), draw(spellings()), draw(st.sampled_from("<>")))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        piece = draw(_COUNTS | _NUMBERS | _TYPES | st.binary(max_size=4))
        how = draw(st.sampled_from(["replace", "insert", "cut", "repeat"]))
        if how == "cut":
            body = body[:start]
        elif how == "repeat":
            body = body[:start] * draw(st.sampled_from([2, 3000])) + body[start:]
        else:
            body = body[:start] + piece + body[start + (len(piece) if how == "replace" else 0) :]
    return body[:_MAX_BYTES]


def check(body: bytes) -> bool:
    """Return whether a geometry is unusable. Raises AssertionError if it is lost without a reason, bent or slow."""
    started_at = time.thread_time()  # a loaded machine must not change the outcome
    found, unusable = wkb.shapes(pa.array([_LINE, body, _LINE], type=pa.binary()))
    took_s = time.thread_time() - started_at
    assert took_s < _MAX_S, f"{took_s:.2f} s"
    assert shapely.equals_exact(found[[0, 2]], shapely.from_wkb(_LINE)).all()
    assert set(unusable) <= {1}
    shape = found[1]
    assert shape is not None or 1 in unusable or not body
    assert shape is None or shapely.get_type_id(shape) <= shapely.GeometryType.GEOMETRYCOLLECTION
    for layer in ("addresses", "parcels"):
        for srs in (None, "EPSG:25833"):
            bad_rows = BadRows()
            geometry = lon_lat_shapes(found.copy(), np.arange(3), srs=projection(srs), bad_rows=bad_rows)
            output = output_geometry(geometry, layer)
            is_lost = shape is not None and not shape.is_empty and bool(is_missing(output)[1])
            assert not is_lost or bad_rows.reasons or unusable
            validate(_ATTRIBUTES, output, layer)
    return 1 in unusable


def run(inputs: int) -> Outcomes:
    """Feed `inputs` geometries to the reader and return the outcomes. Raises AssertionError for a wrong one."""
    outcomes = Outcomes()

    @settings(search_settings(inputs), print_blob=False)
    @given(_bodies())
    def each(body: bytes) -> None:
        outcomes.inputs += 1
        outcomes.unusable += check(body)

    each()
    return outcomes


if __name__ == "__main__":
    seen = run(int(sys.argv[1]))
    print(f"{seen.inputs:,} geometries read, {seen.unusable:,} of them unusable, none lost")
