"""Feed random bytes and mutated valid files to the readers: `python -m fuzz.readers 2000`, in `tests`.

A reader may refuse its input with a TaskFailure; any other exception is a bug, and so is a row that is neither read nor
counted. Prints the number of inputs, and of those whose rows are held against a count of their own.
"""

import sys
import tempfile
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from fuzz.packed_seeds import packed_seeds
from fuzz.row_counts import COUNTABLE, count_rows
from fuzz.searching import search_settings
from oa_task.conversion.unpacking import UnpackLimits, unpack
from oa_task.runtime.failure import TaskFailure
from support.bad_input.layers import write_layer, zip_folder
from support.readers import read_files

_LIMITS = UnpackLimits(entries=100, expanded_bytes=50_000_000)
_ALL_ROWS = 10**9  # a limit, so that many bad rows do not end the read before their count is known
_CSV = 'NO,ST,X,Y\r\n1,"Main, ""old"" St",-100.5,40.25\n2,Élan,"-100,5",40\n\n3,x,,\n'.encode() * 3
_PLAIN_CSV = b"NO,ST,X,Y\n" + b"".join(b"%d,main st,-100.5,%d\n" % (number, number) for number in range(12))
_FEATURE = b'{"type": "Feature", "properties": {"NO": 1.0, "ST": ["a"]}, "geometry": '
_POINT = b'{"type": "Point", "coordinates": [1, 2, 3]}}'
_POLYGON = b'{"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [0, 0]]]}}'
_COLLECTION = (
    b'{"type": "FeatureCollection", "features": [' + b", ".join([_FEATURE + _POINT, _FEATURE + _POLYGON] * 3) + b"]}"
)
_SEQUENCE = b"\n".join([_FEATURE + _POINT, _FEATURE + _POLYGON] * 3)
_HARD = st.sampled_from(
    [
        b'"',
        b",",
        b"\n",
        b"\r",
        b"\0",
        b"\xff",
        b"\xed\xa0\x80",
        b"{",
        b"}",
        b"[",
        b"]",
        b"NaN",
        b"1e999",
        b"-",
        b"\\u",
        b"\x1e",
    ]
)


@dataclass(frozen=True)
class _Kind:
    name: str
    format: str
    seeds: tuple[bytes, ...]


@cache
def _kinds() -> tuple[_Kind, ...]:
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gpkg = write_layer(Path(folder) / "a.gpkg", shapes=("POINT (1 2)", "POINT (3 4)")).read_bytes()
        packed = Path(folder) / "packed"
        packed.mkdir()
        write_layer(packed / "a.shp", shapes=("POLYGON ((0 0, 0 1, 1 1, 0 0))", "POLYGON ((2 2, 2 3, 3 3, 2 2))"))
        shapefile, shp = zip_folder(packed).read_bytes(), (packed / "a.shp").read_bytes()
    return (
        _Kind("a.csv", "csv", (_CSV, _PLAIN_CSV, _CSV.decode().encode("utf-16"))),
        _Kind("a.geojson", "geojson", (_COLLECTION, _SEQUENCE)),
        _Kind("a.gpkg", "gpkg", (gpkg,)),
        _Kind("a.shp", "shapefile", (shp,)),
        _Kind("a.zip", "shapefile", (shapefile,)),
        *(_Kind(name, declared, (seed,)) for name, declared, seed in packed_seeds()),
    )


@st.composite
def _inputs(draw: st.DrawFn) -> tuple[_Kind, bytes]:
    # Half of the inputs have rows that can be counted: among the many packings they would be a few in a thousand.
    countable = [kind for kind in _kinds() if kind.format in COUNTABLE and kind.name.endswith(kind.format)]
    kind = draw(st.sampled_from(countable) | st.sampled_from(_kinds()))
    if draw(st.integers(0, 9)) == 0:
        return kind, draw(st.binary(max_size=300))
    body = draw(st.sampled_from(kind.seeds))
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(body)))
        length = draw(st.sampled_from([0, 0, 1, 4, 50, len(body)]))
        body = body[:start] + draw(_HARD | st.binary(max_size=6)) + body[start + length :]
    return kind, body


def read_any(name: str, kind: str, body: bytes) -> int:
    """Read a file as a conversion does; return how many rows it certainly has, 0 if that is not known.

    A TaskFailure is a valid outcome.
    """
    conform = {"format": kind, **({"lon": "X", "lat": "Y"} if kind == "csv" else {})}
    with tempfile.TemporaryDirectory() as folder:
        path, unpacked = Path(folder) / name, Path(folder) / "unpacked"
        path.write_bytes(body)
        unpacked.mkdir()
        try:
            found = read_files(unpack(path, None, unpacked, _LIMITS), conform, limit=_ALL_ROWS)
        except TaskFailure:
            return 0
    expected = count_rows(kind, body)
    counts = found.bad_rows
    bad = sum(reason["count"] for reason in counts.report().values()) + sum(counts.left_out.values())
    assert len(found.rows) + bad >= expected, (
        f"{name} has {expected} rows, {len(found.rows)} read and {bad} bad: {body!r}"
    )
    return expected


def run(inputs: int) -> tuple[int, int]:
    """Feed `inputs` files to the readers; return their number, and of those whose rows are known.

    Raises any exception other than TaskFailure.
    """
    count = counted = 0

    @search_settings(inputs)
    @given(_inputs())
    def each(drawn: tuple[_Kind, bytes]) -> None:
        nonlocal count, counted
        count += 1
        kind, body = drawn
        counted += read_any(kind.name, kind.format, body) > 0

    each()
    return count, counted


if __name__ == "__main__":
    read, held = run(int(sys.argv[1]))
    print(f"{read:,} inputs read, no crash; {held:,} with all their rows read or counted")
