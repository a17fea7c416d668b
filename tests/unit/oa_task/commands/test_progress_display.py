"""Progress on a terminal and as JSON lines."""

import io
import json

import pytest
from rich.console import Console

from oa_task.commands.progress_display import display_progress


def test_display_progress_no_terminal_is_json_lines_in_the_unit_of_the_phase(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with display_progress(Console(file=io.StringIO(), force_terminal=False)) as progress:
        progress("download", 10, 100)
        progress("convert", 5, None)

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["phase"] for line in lines] == ["download", "convert"]
    assert lines[0]["bytes"] == 10
    assert lines[0]["total"] == 100
    assert lines[1]["features"] == 5
    assert "total" not in lines[1]


def test_display_progress_no_terminal_prints_a_phase_once_a_second(capsys: pytest.CaptureFixture[str]) -> None:
    with display_progress(Console(file=io.StringIO(), force_terminal=False)) as progress:
        for done in range(1000):
            progress("convert", done, None)

    assert len(capsys.readouterr().err.splitlines()) <= 2


def test_display_progress_no_terminal_prints_overlapping_phases_once_a_second_each(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with display_progress(Console(file=io.StringIO(), force_terminal=False)) as progress:
        for done in range(1000):
            progress("fetch", done, 1000)
            progress("convert", done, None)

    assert len(capsys.readouterr().err.splitlines()) <= 4


def test_display_progress_terminal_shows_phase_amount_and_total() -> None:
    screen = io.StringIO()

    with display_progress(Console(file=screen, force_terminal=True, width=100)) as progress:
        progress("download", 12_400_000, 80_100_000)

    assert "12.4 of 80.1 MB" in screen.getvalue()
