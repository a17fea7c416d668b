"""Damaged Parquet files and workbooks fail with a code."""

from pathlib import Path

import pytest

from oa_task.runtime.failure import TaskFailure
from support.readers import read_files
from support.table_files import parquet_of, xlsx_body

ROWS = 500
COLUMNS = {
    "NO": [str(row) for row in range(ROWS)],
    "ST": [f"Élan {row}" for row in range(ROWS)],
    "X": [row / ROWS for row in range(ROWS)],
    "Y": [row / ROWS for row in range(ROWS)],
}
TABLE = {"format": "csv", "lon": "X", "lat": "Y"}


@pytest.mark.parametrize("place", [share / 20 for share in range(1, 19)])
def test_read_flipped_bit_of_parquet_is_a_failure(tmp_path: Path, place: float) -> None:
    body = bytearray(parquet_of(COLUMNS))
    footer = int.from_bytes(body[-8:-4], "little") + 8
    body[int((len(body) - footer) * place)] ^= 4
    (tmp_path / "a.parquet").write_bytes(body)
    with pytest.raises(TaskFailure) as failure:
        read_files([tmp_path / "a.parquet"], TABLE)
    assert failure.value.code == "source.format"


@pytest.mark.parametrize("place", [share / 20 for share in range(1, 20)])
def test_read_damaged_block_of_a_workbook_is_a_failure(tmp_path: Path, place: float) -> None:
    rows = list(zip(*COLUMNS.values(), strict=True))
    body = bytearray(xlsx_body({"A": (tuple(COLUMNS), *rows)}))
    start = int(len(body) * place)
    body[start : start + 100] = b"\xff" * len(body[start : start + 100])
    (tmp_path / "a.xlsx").write_bytes(body)
    with pytest.raises(TaskFailure) as failure:
        read_files([tmp_path / "a.xlsx"], TABLE)
    assert failure.value.code.startswith("source.")
