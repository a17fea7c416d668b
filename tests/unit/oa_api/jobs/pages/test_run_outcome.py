"""How long a run will take at its pace so far."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from oa_api.jobs.pages.run_outcome import estimate_left_s
from oa_api.jobs.run_rows import RunRow

_AT = datetime(2026, 11, 24, tzinfo=UTC)


def _run(counts: dict[str, int], ended_at: datetime | None = None) -> RunRow:
    return RunRow(
        id=1,
        name="Weekly 2026-W48",
        created_at=_AT,
        live=True,
        lane="weekly",
        sample=None,
        force=False,
        closed_at=_AT,
        github=None,
        counts=counts,
        status="Ended" if ended_at else "Running",
        ended_at=ended_at,
        owner="system",
        owner_login=None,
        acknowledged=0,
        refused=0,
    )


@pytest.mark.parametrize(
    ("counts", "left_s"),
    [
        ({"Success": 10, "Fail": 20, "Running": 5, "Pending": 10}, 300.0),
        ({"Success": 2, "Pending": 10}, None),
        ({"Pending": 10}, None),
        ({}, None),
        ({"Success": 10}, None),
    ],
)
def test_time_left_follows_the_pace_so_far(counts: dict[str, int], left_s: float | None) -> None:
    assert estimate_left_s(_run(counts), _AT + timedelta(minutes=10)) == left_s


def test_ended_run_has_no_time_left() -> None:
    assert estimate_left_s(_run({"Success": 10, "Fail": 3}, _AT), _AT + timedelta(hours=1)) is None


def test_run_without_a_name_has_its_number_as_title() -> None:
    run = _run({})
    assert run.title == "Weekly 2026-W48"
    assert replace(run, name="").title == "Run 1"


def test_creator_of_a_run_is_an_account_a_service_or_the_system() -> None:
    run = _run({})
    assert run.created_by == "the system"
    assert replace(run, owner="7", owner_login="ada").created_by == "ada"
    assert replace(run, owner="unknown").created_by == ""


@pytest.mark.parametrize(
    ("counts", "acknowledged", "refused", "label", "kind"),
    [
        ({"Success": 1}, 0, 0, "Ended", "good"),
        ({"Success": 1, "Fail": 2000}, 0, 0, "Ended, 2,000 failed", "bad"),
        ({"Success": 1, "Fail": 3, "Warn": 1}, 1, 0, "Ended, 3 failed (1 acknowledged)", "bad"),
        ({"Success": 1, "Fail": 3}, 3, 0, "Ended, 3 failed (3 acknowledged)", "good"),
        ({"Success": 1, "Fail": 3, "Warn": 1}, 3, 0, "Ended, 3 failed (3 acknowledged)", "warn"),
        ({"Success": 1, "Warn": 1}, 0, 0, "Ended, 1 needs review", "warn"),
        ({"Success": 1, "Warn": 2}, 0, 0, "Ended, 2 need review", "warn"),
        ({"Success": 1}, 0, 2, "Ended, 2 refused", "warn"),
        ({}, 0, 2, "Ended, 2 refused", "bad"),
        ({}, 0, 0, "Ended", ""),
    ],
)
def test_label_and_color_of_an_ended_run_agree(
    counts: dict[str, int], acknowledged: int, refused: int, label: str, kind: str
) -> None:
    run = replace(_run(counts, _AT), acknowledged=acknowledged, refused=refused)
    assert (run.status_label, run.kind) == (label, kind)
