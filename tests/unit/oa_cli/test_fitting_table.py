"""Tables on narrow terminals, and into files: no cell is cut, and nothing is padded to the width of a file."""

import io
import re

import pytest
from rich.console import Console

from oa_cli import output

COLUMNS = ("job", "source", "status", "created", "result")
ROW = (
    4,
    "us/ca/city_of_berkeley",
    "Canceled",
    "2026-11-30 14:37:46 UTC",
    "operator.canceled: an operator canceled the job",
)


def _print(width: int, rows: list[tuple[object, ...]]) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=True, color_system=None, highlight=False)
    console.print(output.table("jobs", COLUMNS, rows))
    return file.getvalue()


@pytest.mark.parametrize("width", range(20, 140, 7))
def test_no_width_cuts_a_cell(width: int) -> None:
    printed = _print(width, [ROW, (5, "xx/a", "Fail", "", "")])
    assert "…" not in printed
    assert max(len(line) for line in printed.splitlines()) <= width
    joined = re.sub(r"\s+", "", printed)
    for cell in (*ROW[:-1], "xx/a", "Fail"):
        assert re.sub(r"\s+", "", str(cell)) in joined
    for word in str(ROW[-1]).split():
        assert word in joined


def test_narrow_rows_name_their_columns_and_keep_times_whole() -> None:
    lines = _print(60, [ROW]).splitlines()
    assert lines[0] == "jobs"
    assert "source us/ca/city_of_berkeley" in lines[1]
    assert any("created 2026-11-30 14:37:46 UTC" in line for line in lines)


@pytest.mark.parametrize("width", [30, 50])
def test_text_of_a_narrow_row_never_begins_a_line(width: int) -> None:
    hostile = "xx/a\nall parts work\r\x85no problem " + "word " * 30
    lines = _print(width, [(4, hostile, "Fail", "", ""), ("", "", "", "", "")]).rstrip().splitlines()
    assert [line for line in lines if not line.startswith("  ")] == ["jobs", lines[1]]
    assert lines[1].startswith("job 4")
    assert max(map(len, lines)) <= width


def test_wide_output_is_a_table_with_one_line_per_row() -> None:
    lines = _print(140, [ROW]).splitlines()
    assert [line.split()[0] for line in lines] == ["jobs", "job", "4"]


def test_list_without_rows_is_one_short_line_also_in_a_file() -> None:
    file = io.StringIO()
    console = output.make_console(file=file)
    console.print(output.table("failures", COLUMNS, []))
    assert file.getvalue() == "no failures\n"
