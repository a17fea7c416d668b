from datetime import UTC, datetime, timedelta

import pytest

from oa_api.ui import formatting


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (1_234_567, "1.2 MB"),
        (123_456_789, "123 MB"),
        (None, ""),
        ("x", ""),
    ],
)
def test_size_has_at_most_three_digits(value: object, shown: str) -> None:
    assert formatting.size(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 s"), (59.6, "1 min 0 s"), (61, "1 min 1 s"), (3725, "1 h 2 min"), (90_000, "1 d 1 h"), (None, "")],
)
def test_duration_has_two_units(seconds: float | None, shown: str) -> None:
    assert formatting.duration(seconds) == shown


def test_number_of_a_text_is_that_text() -> None:
    assert [formatting.number(value) for value in (12345, 0.5, None, "<b>")] == ["12,345", "0.5", "", "<b>"]


def test_time_is_shown_in_utc() -> None:
    assert formatting.moment("2026-11-24T12:00:00+02:00") == "2026-11-24 10:00"
    assert formatting.clock(datetime(2026, 11, 24, 12, 0, 5, tzinfo=UTC)) == "2026-11-24 12:00:05"
    assert formatting.iso(None) == formatting.moment("") == formatting.ago(None) == ""


def test_ago_formats_past_and_future_times() -> None:
    now = datetime.now(UTC)
    assert formatting.ago(now - timedelta(minutes=5, seconds=3)) == "5 min ago"
    assert formatting.ago(now + timedelta(hours=2, minutes=1)) == "in 2 h"


def test_took_without_an_end_is_empty() -> None:
    assert formatting.took("2026-11-24T12:00:00Z", None) == ""
    assert formatting.took("2026-11-24T12:00:00Z", "2026-11-24T12:01:05Z") == "1 min 5 s"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "$0.00"),
        (0.00001, "under $0.0001"),
        (0.00123, "$0.0012"),
        (0.45678, "$0.46"),
        (12.345, "$12.35"),
        (12_345, "$12,345.00"),
        (None, ""),
    ],
)
def test_dollars_have_significant_digits_only(value: float | None, shown: str) -> None:
    assert formatting.dollars(value) == shown


def test_plural_follows_the_last_number() -> None:
    assert [formatting.plural(count, "job") for count in (0, 1, 2, "1", "1 of 1", "2 of 21", "at least 1")] == [
        "0 jobs",
        "1 job",
        "2 jobs",
        "1 job",
        "1 of 1 job",
        "2 of 21 jobs",
        "at least 1 job",
    ]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("job 7 does not exist", "Job 7 does not exist"),
        ("source.csv.gz is being prepared", "source.csv.gz is being prepared"),
        ("https://example.org answered 404", "https://example.org answered 404"),
        ("10,001 entries", "10,001 entries"),
        ("", ""),
    ],
)
def test_sentence_names_keep_their_first_letter(message: str, expected: str) -> None:
    assert formatting.sentence(message) == expected
