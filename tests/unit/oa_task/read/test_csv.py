"""CSV: the rules of docs/engine.md, and for any text the same result as Python's csv module."""

import csv
import io
import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oa_task.features.bad_rows import BadRows
from oa_task.read.coordinates import points
from oa_task.read.crs import projection
from oa_task.read.csv_plain import Layout, parse_plain, whole_records
from oa_task.read.csv_quotes import RecordShape
from oa_task.read.csv_records import CsvRecords
from oa_task.read.text_buffer import TextBuffer
from oa_task.runtime.failure import TaskFailure
from support.readers import ReadBytes

TEXT = st.lists(st.sampled_from(["a", "é", ",", '"', "\n", "\n\n", " ", '""', ',"', '",', '"\n', "\0", "\x01", "1"]))


@settings(deadline=None)
@given(pieces=TEXT, width=st.integers(1, 4))
def test_parse_plain_any_text_equals_the_csv_module(pieces: list[str], width: int) -> None:
    text = "".join(pieces)
    layout = Layout(tuple(map(str, range(width))), tuple(range(width)), ",")
    frame = parse_plain(whole_records(text.encode()), layout)
    if frame is None:
        return
    front = whole_records(text.encode()).decode()
    expected = [row for row in csv.reader(io.StringIO(front, newline="")) if row]
    assert [list(row) for row in frame.rows()] == expected


@settings(deadline=None)
@given(pieces=TEXT)
def test_whole_records_any_text_splits_no_record(pieces: list[str]) -> None:
    text = "".join(pieces)
    front = whole_records(text.encode())
    if parse_plain(front, Layout(("0",), (0,), ",")) is None:
        return
    rest = text.encode()[len(front) :].decode()
    parts = [row for part in (front.decode(), rest) for row in csv.reader(io.StringIO(part, newline=""))]
    assert parts == list(csv.reader(io.StringIO(text, newline="")))


@settings(deadline=None)
@given(pieces=TEXT)
def test_records_any_text_equals_the_csv_module(pieces: list[str]) -> None:
    text = "".join(pieces).replace("\0", "") + '\n"end"\n'
    if text.count('"') % 2:
        return
    width = 99  # more than any reading of a line has, so that none is repaired
    records = CsvRecords(TextBuffer(iter([text.encode()])), separator=",", bad_rows=BadRows())
    rows, _ = records.rows(len(text.encode()), RecordShape(width, ","))
    expected = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    assert rows == [row + [""] * (width - len(row)) for row in expected]


@settings(deadline=None)
@given(cells=st.lists(st.text("0123456789.,-+eE _naif\u0661", max_size=8), min_size=1))
def test_points_any_cells_equal_float(cells: list[str]) -> None:
    series, ones = pl.Series(cells, dtype=pl.String), pl.Series(["1"] * len(cells))
    rows = pl.arange(len(cells), eager=True).to_numpy()
    result = points(series, ones, rows, srs=projection(None), bad_rows=BadRows())
    for cell, x in zip(cells, result.x.tolist(), strict=True):
        assert repr(x) == repr(expected_number(cell))


def expected_number(cell: str) -> float:
    try:
        value = float(cell.replace(",", "."))
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def test_csv_of_several_blocks_keeps_order_and_row_numbers(read: ReadBytes) -> None:
    lines = [f'{number},"Main, ""old""",{number % 90}.25,1' for number in range(200_000)]
    found = read(("NO,ST,X,Y\n" + "\n".join(lines)).encode())
    assert len(found.batches) > 1
    assert found.column("NO") == [str(number) for number in range(200_000)]
    assert set(found.column("ST")) == {'Main, "old"'}
    assert found.rows == list(range(200_000))


def test_csv_blank_and_long_rows_are_dropped_and_short_ones_filled(read: ReadBytes) -> None:
    found = read(b"X,Y,NO,ST\n\n1,2,3,a\n1,2,3,4,5\n\n1,2\n" + b"1,2,3,b\n" * 30)
    assert found.column("ST")[:3] == ["a", "", "b"]
    assert found.rows[:3] == [0, 2, 3]
    assert found.bad_rows.report() == {
        "more cells than columns": {"count": 1, "examples": [{"row": 2, "value": "5 cells"}]}
    }


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_csv_each_line_end_ends_rows_and_becomes_lf_in_values(read: ReadBytes, end: bytes) -> None:
    found = read(end.join([b"X,Y,NO,ST", b'1,2,3,"a', b'b"', b"1,2,4,c", b""]))
    assert found.column("ST") == ["a\nb", "c"]


def test_csv_reads_only_columns_of_rules(read: ReadBytes) -> None:
    (batch,) = read(b"A,X,NO,Y,ST,B\n1,2,3,4,5,6\n", all_columns=False).batches
    assert batch.columns.columns == ["X", "NO", "Y", "ST"]
    assert batch.available == ("A", "X", "NO", "Y", "ST", "B")


def test_csv_limit_reads_only_the_first_rows(read: ReadBytes) -> None:
    found = read(b"A,X,Y\n" + b"1,2,3\n" * 9, limit=2)
    assert found.column("A") == ["1", "1"]


def test_csv_duplicate_column_names_get_a_suffix_and_a_warning(read: ReadBytes) -> None:
    found = read(b"X,Y,NO,NO,NO_2\n1,2,3,4,5\n")
    assert [found.column(name) for name in ("NO", "NO_2", "NO_2_2")] == [["3"], ["4"], ["5"]]
    assert len(found.bad_rows.warnings) == 2


def test_csv_without_header_numbers_the_columns(read: ReadBytes) -> None:
    found = read(b"5,6,a\n7,8,b\n", headers=-1, lon="COLUMN1", lat="COLUMN2")
    assert found.column("COLUMN3") == ["a", "b"]
    assert found.points == [(5, 6), (7, 8)]


def test_csv_header_on_a_later_line_skips_the_lines_before(read: ReadBytes) -> None:
    found = read(b'A "title,;\nNO,X,Y\n1,2,3\n', headers=2, skiplines=2)
    assert found.column("NO") == ["1"]


def test_csv_coordinates_empty_unreadable_or_with_decimal_commas(read: ReadBytes) -> None:
    good = b"1;2;3\n" * 50
    found = read(b"NO;X;Y\n1;2,5;3\n2;;3\n3;abc;3\n4; ;3\n" + good, csvsplit=";")
    assert str(found.points[:4]) == "[(2.5, 3.0), (nan, nan), (nan, nan), (nan, nan)]"
    assert found.bad_rows.reasons["unreadable coordinates"].count == 2


def test_csv_srs_transforms_with_x_first(read: ReadBytes) -> None:
    found = read(b"X,Y\n391779.26,5820072.48\n", srs="EPSG:25833")
    assert found.points[0] == pytest.approx((13.40495, 52.52001), abs=1e-4)


@pytest.mark.parametrize(
    ("declared", "actual"),
    [
        ("EUCKR", "cp949"),
        ("CP949", "cp949"),
        ("SHIFT_JISX0213", "cp932"),
        ("ISO-8859-1", "latin1"),
        ("iso-8859-3", "iso-8859-3"),
        ("latin1", "latin1"),
        ("CP1251", "cp1251"),
        ("utf-8-sig", "utf-8-sig"),
        ("UTF-8", "utf-8-sig"),
        (None, "utf-8-sig"),
        (None, "utf-16"),
        ("latin1", "utf-16"),
    ],
)
def test_csv_encoding_is_read_under_the_names_that_sources_use(
    read: ReadBytes, declared: str | None, actual: str
) -> None:
    street = {"cp949": "서울 똠방", "cp932": "東京 ①", "cp1251": "Улица"}.get(actual, "Ħal" if "3" in actual else "Rué")
    body = f"NO,ST,X,Y\r\n1,{street},2,3\r\n".encode(actual)
    found = read(body, **({"encoding": declared} if declared else {}))
    assert found.column("NO") == ["1"]
    assert found.column("ST") == [street]


def test_csv_multibyte_encoding_is_read_across_pieces(read: ReadBytes) -> None:
    rows = "".join(f"{number},서울특별시 강남구 역삼동,127.5,37.5\n" for number in range(60_000))
    found = read(("NO,ST,X,Y\n" + rows).encode("cp949"), encoding="CP949")
    assert len(found.column("NO")) == 60_000
    assert set(found.column("ST")) == {"서울특별시 강남구 역삼동"}


def test_csv_nul_characters_are_dropped_and_counted(read: ReadBytes) -> None:
    found = read(b"NO,X,Y\n1\x002,3,4\n" + b"1,2,3\n" * 30)
    assert found.column("NO")[0] == "12"
    assert found.bad_rows.report()["NUL characters, as in UTF-16 text"]["count"] == 1


def test_csv_unclosed_quote_names_its_row_and_its_number_of_lines(read: ReadBytes) -> None:
    with pytest.raises(TaskFailure, match=r"row 2 .* 3 lines") as caught:
        read(b'NO,X,Y\n1,2,3\n"2,2\nb,c\nd\n')
    assert caught.value.code == "source.format"
