"""The explanation that a failed source gets from the examples of its bad rows."""

import pytest

from oa_task.definition.task_entry import TaskEntry
from oa_task.features.bad_rows import BadRows
from oa_task.placement.bad_coordinates import explain_bad_coordinates
from oa_task.read.crs import OFF_EARTH, UNTRANSFORMABLE
from oa_task.runtime.failure import TaskFailure

_BERKELEY = {"US Census": {"geoid": "06001", "name": "Alameda", "state": "California"}}


def message_of(bad_rows: BadRows, *, code: str = "source.crs", coverage: object = None, srs: str | None = None) -> str:
    """Return the message of a failure with this code after these bad rows."""
    conform: dict[str, object] = {"format": "csv", "lon": "x", "lat": "y", **({"srs": srs} if srs else {})}
    entry = TaskEntry("addresses", "city", (), "http", None, conform, {}, coverage=coverage or _BERKELEY)  # type: ignore[arg-type] # any JSON
    with pytest.raises(TaskFailure) as caught, explain_bad_coordinates(bad_rows, entry):
        raise TaskFailure(code, "60 of 60 rows are unusable")
    assert caught.value.code == code
    return caught.value.message


def bad_rows(reason: str, *values: str) -> BadRows:
    rows = BadRows()
    rows.note(reason, range(len(values)), values, code="source.crs")
    return rows


def test_swapped_coordinates_are_named() -> None:
    # A latitude of -122 is off the Earth.
    swapped = bad_rows(OFF_EARTH, "37.87 -122.27", "37.88 -122.26")
    assert message_of(swapped).endswith("; the data would fit if latitude and longitude were swapped")


def test_coordinates_in_feet_name_the_system_of_the_county() -> None:
    feet = bad_rows(OFF_EARTH, "6050783.46 2144080.14", "6051649.26 2144063.78")
    assert "would fit in EPSG:2227" in message_of(feet)


def test_coordinates_that_the_stated_system_does_not_know_are_degrees() -> None:
    degrees = bad_rows(UNTRANSFORMABLE, "-122.27 37.87", "-122.26 37.88")
    assert "would fit in EPSG:4326" in message_of(degrees, srs="EPSG:2227")


@pytest.mark.parametrize(
    "rows",
    [
        BadRows(),
        bad_rows("a value that is not a number", "37.87 -122.27"),
        bad_rows(OFF_EARTH),
        bad_rows(OFF_EARTH, "", "1"),
        bad_rows(OFF_EARTH, "9e9 9e9"),
    ],
    ids=["no bad rows", "another reason", "no examples", "no pairs", "nowhere"],
)
def test_without_an_explanation_the_message_stays(rows: BadRows) -> None:
    assert message_of(rows) == "60 of 60 rows are unusable"


def test_other_failures_and_unknown_coverages_stay() -> None:
    swapped = bad_rows(OFF_EARTH, "37.87 -122.27")
    assert message_of(swapped, code="source.bad_rows") == "60 of 60 rows are unusable"
    assert message_of(swapped, coverage={"country": "xx"}) == "60 of 60 rows are unusable"


def test_block_without_a_failure_passes() -> None:
    entry = TaskEntry("addresses", "city", (), "http", None, {"format": "csv"}, {})
    with explain_bad_coordinates(bad_rows(OFF_EARTH, "37.87 -122.27"), entry):
        pass
