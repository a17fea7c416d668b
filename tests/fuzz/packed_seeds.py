"""Valid files in every packing, and in the formats that the bytes select, to be mutated by the fuzzer."""

from collections.abc import Iterator

from support.packings import CONTAINERS, STREAMS
from support.table_files import FORMATS, csv_body

_BY_THEIR_SUFFIX = frozenset({"CSV", "GeoJSON", "GeoPackage", "shapefile"})


def packed_seeds() -> Iterator[tuple[str, str, bytes]]:
    """Yield the file name, the declared format and the bytes of each seed."""
    for pack in CONTAINERS.values():
        yield "packed", "csv", pack({"a.csv": csv_body(), "b/c.csv": csv_body()})
    for compress in STREAMS.values():
        yield "compressed", "csv", compress(csv_body())
    for name, (declared, files_of) in FORMATS.items():
        if name in _BY_THEIR_SUFFIX:
            continue
        files = files_of()
        if len(files) == 1:
            yield "data", declared, next(iter(files.values()))
        yield "stored", declared, CONTAINERS["zip, stored"](files)
