"""CSV with faults: each line that is a row is read or counted, by the fast parser and by the csv module."""

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oa_task.read import csv as csv_reader
from oa_task.runtime.failure import TaskFailure
from support.readers import ReadBytes, ReadResult, read_files, read_or_failure

SEPARATORS = st.sampled_from([",", ";", "\t", "|"])
# Characters that end lines elsewhere, quotes and separators inside cells, letters of one to four bytes.
TEXTS = st.text(st.sampled_from("ab é€😀\u2028\x85\v\f;,|\"\n'1"), max_size=9)
PLAIN_TEXTS = st.text(st.sampled_from("ab é€1"), max_size=6)
ALL_ROWS = 10**9  # a limit, so that many bad rows do not end the read


@dataclass
class Table:
    """Rows of a table as lines of CSV: `rows` has the expected cells NO, ST, X, Y, None where a fault hits the row."""

    separator: str
    lines: list[str] = field(default_factory=list)
    rows: list[list[str] | None] = field(default_factory=list)


def line_of(cells: list[str], separator: str, *, quote_all: bool) -> str:
    buffer = io.StringIO()
    quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    csv.writer(buffer, delimiter=separator, quoting=quoting, lineterminator="\n").writerow(cells)
    return buffer.getvalue()


@st.composite
def tables(draw: st.DrawFn) -> Table:
    table = Table(draw(SEPARATORS))
    quote_all = draw(st.booleans())
    table.lines.append(line_of(["NO", "ST", "X", "Y"], table.separator, quote_all=quote_all))
    for number in range(draw(st.integers(1, 25))):
        text = draw(TEXTS | PLAIN_TEXTS)
        if draw(st.integers(0, 3)):
            cells = [f"r{number}", text, f"{number}.5", "40"]
            table.lines.append(line_of(cells, table.separator, quote_all=quote_all))
            table.rows.append(cells)
        else:
            table.lines.append(draw_fault(draw, number, table.separator))
            table.rows.append(None)
    return table


def draw_fault(draw: st.DrawFn, number: int, separator: str) -> str:
    """Return a line with a stray quote, a surplus separator, a missing cell, or a quote that is not doubled."""
    text = draw(PLAIN_TEXTS)
    cells = [f"r{number}", text, f"{number}.5", "40"]
    fault = draw(st.sampled_from(["open", "close", "inside", "escaped", "surplus", "short", "unopened"]))
    place = draw(st.integers(0, 3))
    if fault == "open":
        cells[place] = f'"{cells[place]}'
    elif fault == "close":
        cells[place] = f'{cells[place]}"'
    elif fault == "inside":
        cells[1] = f'"a "{text}" b"'
    elif fault == "escaped":
        cells[1] = f'"a \\"{text}\\" b"'
    elif fault == "surplus":
        cells += [""] * draw(st.integers(1, 3))
    elif fault == "short":
        cells = cells[: draw(st.integers(1, 3))]
    else:
        cells = [f'"{cell}"' for cell in cells]
        cells[place] = cells[place][1:]
    return separator.join(cells) + "\n"


def read_body(body: bytes, separator: str = ",", **conform: str) -> ReadResult:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        path.write_bytes(body)
        options = {"format": "csv", "lon": "X", "lat": "Y", "csvsplit": separator, **conform}
        return read_files([path], options, limit=ALL_ROWS)


@pytest.mark.parametrize("is_plain", [True, False], ids=["fast", "csv-module"])
@settings(deadline=None, max_examples=150)
@given(
    table=tables(), end=st.sampled_from(["", "\x1a", "\r\n\x1a\x1a"]), line_end=st.sampled_from(["\n", "\r\n", "\r"])
)
def test_csv_any_table_with_faults_loses_no_row_in_silence(
    table: Table, end: str, line_end: str, *, is_plain: bool
) -> None:
    body = "".join(table.lines).replace("\n", line_end) + end
    with pytest.MonkeyPatch.context() as patch:
        if not is_plain:
            patch.setattr(csv_reader, "parse_plain", lambda *_: None)
        found = read_or_failure(lambda: read_body(body.encode(), table.separator))
    if isinstance(found, TaskFailure):
        assert "row" in found.message
    else:
        check_rows(table, found)


def check_rows(table: Table, found: ReadResult) -> None:
    """Check that each row is there in its order or counted, and that rows without a fault are as they were."""
    rows = list(zip(*(found.column(name) for name in ("NO", "ST", "X", "Y")), strict=True))
    counted = sum(reason["count"] for reason in found.bad_rows.report().values())
    assert found.bad_rows.rows_read == len(table.rows)
    assert len(rows) + counted >= len(table.rows)
    expected = {number: tuple(row) for number, row in enumerate(table.rows) if row is not None}
    assert {number: rows[found.rows.index(number)] for number in expected if number in found.rows} == {
        number: row for number, row in expected.items() if number in found.rows
    }
    assert set(expected) <= set(found.rows)


HEADER, ROWS = "NO;ST;X;Y\n", "".join(f"{number};Rue {number};2.5;48\n" for number in range(40))


@pytest.mark.parametrize(
    "body",
    [
        HEADER + ROWS,
        "sep=;\n" + HEADER + ROWS,
        '"SEP=;"\r\n' + HEADER + ROWS,
        " NO;ST ; X;Y \n" + ROWS,
        '\ufeff"NO";"ST";"X";"Y"\n' + ROWS,
        HEADER + ROWS + "\x1a",
        HEADER + ROWS + "\r\n\x1a\x1a\r\n",
        (HEADER + ROWS).replace("\n", ";\n"),
        HEADER + ROWS.replace("\n", ";\n"),
        HEADER + ROWS.replace("\n", ";;;\n"),
        (HEADER + ROWS).replace("\n", "\r"),
        HEADER + ROWS.replace("2.5", "2,5"),
        HEADER + ROWS.replace("Rue 3;", '"Rue 3;').replace("Rue 30;", '"Rue 30;'),
        HEADER + ROWS.replace("9;Rue 9", '"9";"Rue 9'),
        HEADER.replace("ST", '"ST') + ROWS,
    ],
)
def test_csv_file_in_another_form_has_the_same_rows(body: str) -> None:
    found = read_body(body.encode(), ";")
    assert found.column("NO") == [str(number) for number in range(40)]
    assert found.column("ST") == [f"Rue {number}" for number in range(40)]
    assert found.points == [(2.5, 48)] * 40
    assert found.bad_rows.reasons == {}


def test_csv_separator_line_sets_the_separator_that_the_definition_lacks(read: ReadBytes) -> None:
    assert read(b"sep=;\nNO;X;Y\n1;2;3\n").column("NO") == ["1"]


def test_csv_separator_line_counts_as_a_line_that_the_definition_skips(read: ReadBytes) -> None:
    assert read(b"sep=,\nNO,X,Y\n1,2,3\n", headers=2, skiplines=2).column("NO") == ["1"]


def test_csv_name_with_blanks_that_a_rule_names_keeps_them(read: ReadBytes) -> None:
    found = read(b"NO , ST,X,Y\n1,2,3,4\n", number="NO ", street="ST")
    assert found.batches[0].columns.columns == ["NO ", "ST", "X", "Y"]


def test_csv_missing_coordinate_column_shows_the_nearest_name(read: ReadBytes) -> None:
    with pytest.raises(TaskFailure, match=r"nearest.*'LON'") as caught:
        read(b"NO,LON,Y\n1,2,3\n", lon="lon")
    assert caught.value.code == "source.columns_missing"


@pytest.mark.parametrize("closing", ['"Rue 30;', 'Rue 30";'])
def test_csv_two_stray_quotes_far_apart_are_a_warning_with_their_rows(closing: str) -> None:
    body = HEADER + ROWS.replace("Rue 3;", '"Rue 3;').replace("Rue 30;", closing)
    found = read_body(body.encode(), ";")
    assert len(found.column("NO")) == 40
    assert "not closed" in found.bad_rows.warnings[0]
    assert "row 4" in found.bad_rows.warnings[0]


def test_csv_stray_quote_before_more_text_than_a_field_may_have_is_read() -> None:
    rows = "".join(f"{number};Rue {number};2.5;48\n" for number in range(700_000))
    found = read_body((HEADER + rows.replace("Rue 7;", '"Rue 7;')).encode(), ";")
    assert found.column("NO") == [str(number) for number in range(700_000)]


def test_csv_field_over_many_lines_with_separators_stays_one_field() -> None:
    notes = '"first, line\nsecond, line\n\nthird, line, end"'
    found = read_body(f"NO,ST,X,Y\n1,{notes},2,3\n2,b,2,3\n".encode())
    assert found.column("ST") == ["first, line\nsecond, line\n\nthird, line, end", "b"]
    assert found.bad_rows.warnings == []


@pytest.mark.parametrize("between", ["8;b;1.5;40;\n", "8;b\n", "8;b;1.5\n9;c;1.5;40;;\n"])
def test_csv_stray_quotes_around_rows_of_other_widths_lose_none(between: str) -> None:
    rows = "".join(f"{number};a;1.5;40\n" for number in range(6))
    found = read_body(f'{HEADER}10;";1.5;40\n{rows}{between}11;";2.5;40\n'.encode(), ";")
    assert len(found.column("NO")) == 8 + between.count("\n")
