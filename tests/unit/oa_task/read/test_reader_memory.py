"""What readers keep of a file while they read it: no part of it that grows with its rows."""

import struct
import tracemalloc
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from oa_task.features.bad_rows import BadRows
from oa_task.read import geojson_crs, shapes_index
from oa_task.read.dbf_attributes import DbfAttributes, open_attributes
from oa_task.read.layer_count import LayerCount
from oa_task.read.request import AllColumns, ReadRequest
from oa_task.read.shapes_index import ShapesIndex
from support.readers import read_files

_SMAPS = Path("/proc/self/smaps")
_BATCH, _BATCHES, _WIDTH = 2_000, 20, 250
_KIB = 1024
needs_smaps = pytest.mark.skipif(not _SMAPS.exists(), reason="the kernel states the memory of mapped files in /proc")


def write_dbf(path: Path, records: int) -> None:
    """Write a table with one field of texts."""
    head = struct.pack("<B3xIHH20x", 3, records, 65, _WIDTH + 1)
    body = b"".join(b" %-*d" % (_WIDTH, number) for number in range(records))
    path.write_bytes(head + struct.pack("<11sc4xBB14x", b"NAME", b"C", _WIDTH, 0) + b"\r" + body)


def open_dbf(folder: Path, records: int) -> DbfAttributes:
    write_dbf(folder / "a.dbf", records)
    attributes = open_attributes(ReadRequest(folder / "a.shp", {}, AllColumns(), BadRows()))
    assert attributes is not None
    return attributes


def resident_bytes(path: Path) -> int:
    """Return the memory of this process that holds pages of a mapped file."""
    _, _, mapping = _SMAPS.read_text().partition(f"{path}\n")
    return int(mapping.partition("\nRss:")[2].split()[0]) * _KIB


@needs_smaps
def test_records_of_a_dbf_file_leave_memory_with_their_batch(tmp_path: Path) -> None:
    attributes = open_dbf(tmp_path, _BATCH * _BATCHES)
    resident = []
    for start in range(0, _BATCH * _BATCHES, _BATCH):
        records = np.arange(start, start + _BATCH)
        assert attributes.frame(records, records)["NAME"][-1] == str(records[-1])
        resident.append(resident_bytes(tmp_path / "a.dbf"))
    assert attributes.table.count_deleted(_BATCH * _BATCHES) == 0
    resident.append(resident_bytes(tmp_path / "a.dbf"))
    assert max(resident) < _BATCH * _WIDTH


def test_records_marked_as_deleted_are_counted_across_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oa_task.read.dbf._COUNTED_RECORDS", 7)
    write_dbf(tmp_path / "a.dbf", 30)
    content = bytearray((tmp_path / "a.dbf").read_bytes())
    for record in (0, 6, 7, 13, 28):
        content[65 + record * (_WIDTH + 1)] = ord("*")
    (tmp_path / "a.dbf").write_bytes(content)
    attributes = open_attributes(ReadRequest(tmp_path / "a.shp", {}, AllColumns(), BadRows()))
    assert attributes is not None
    assert [attributes.table.count_deleted(shapes) for shapes in (0, 7, 8, 28, 29, 90)] == [0, 2, 3, 4, 5, 5]


def test_index_of_shapes_is_read_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes_index, "_BLOCK_ENTRIES", 4)
    lengths = np.array([10, 2, 10, 10, 20, 10, 2, 10, 10, 38, 10, 10])
    entries = np.column_stack((np.arange(12) * 14 + 50, lengths)).astype(">i4")
    (tmp_path / "a.shx").write_bytes(bytes(100) + entries.tobytes())
    index = ShapesIndex(tmp_path / "a.shp")
    chosen = np.array([0, 1, 4, 5, 9, 11])
    assert len(index) == 12
    assert index.has_coordinates(chosen).tolist() == [True, False, False, True, False, True]
    assert index.end_words() == int((entries[:, 0].astype(int) + lengths).max()) + 4


def test_index_of_shapes_takes_no_memory_for_each(tmp_path: Path) -> None:
    shapes = 1_000_000
    (tmp_path / "a.shx").write_bytes(bytes(100) + bytes(8 * shapes))
    tracemalloc.start()
    try:
        index = ShapesIndex(tmp_path / "a.shp")
        index.end_words()
        index.has_coordinates(np.arange(shapes - 20_000, shapes))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * shapes


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1000])
def test_crs_after_the_features_is_found_across_pieces(
    piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geojson_crs, "_PIECE_BYTES", piece)
    feature = '{"type":"Feature","properties":{"A":"x"},"geometry":{"type":"Point","coordinates":[0,0]}}'
    crs = '"crs":{"type":"name","properties":{"name":"EPSG:3857"}}'
    path = tmp_path / "a.geojson"
    path.write_text(
        f'{{"type":"FeatureCollection","features":[{feature.replace("[0,0]", "[111319.49079327357,0]")}],{crs}}}'
    )
    assert read_files([path], {"format": "geojson"}).points == [pytest.approx((1.0, 0.0))]


def test_empty_rows_of_a_layer_take_no_memory_for_each(tmp_path: Path) -> None:
    counted = LayerCount(tmp_path / "a.gdb", "a", "gdb", -1, {})
    frame = pl.DataFrame({"A": [""] * _BATCH})
    tracemalloc.start()
    try:
        for start in range(0, _BATCH * 50, _BATCH):
            rows = np.arange(start, start + _BATCH)
            counted.add(rows, rows, frame, is_missing=np.ones(_BATCH, dtype=bool))
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert kept < 200_000


def test_others_count_with_the_rows_of_a_reason() -> None:
    bad_rows = BadRows()
    bad_rows.note("empty", [4, 7], others=3)
    assert bad_rows.report() == {"empty": {"count": 5, "examples": [{"row": 5, "value": ""}, {"row": 8, "value": ""}]}}
