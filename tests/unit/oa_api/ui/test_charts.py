import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_api.ui import charts

COUNTS = st.lists(st.tuples(st.text(max_size=5), st.integers(0, 10**12)), max_size=60)


def test_segments_fill_the_bar_in_the_given_order() -> None:
    made = charts.segments({"Fail": 1, "Success": 3, "total": 4}, ("Success", "Warn", "Fail"))
    assert [(part.name, part.start, part.width) for part in made] == [("Success", 0, 75), ("Fail", 75, 25)]


def test_segments_without_counts_are_empty() -> None:
    assert charts.segments({}, ("Success",)) == []


@pytest.mark.parametrize("draw", [charts.line_chart, charts.column_chart])
@given(points=COUNTS)
def test_chart_of_any_counts_stays_inside_its_frame(draw: object, points: list[tuple[str, int]]) -> None:
    chart = charts.line_chart(points) if draw is charts.line_chart else charts.column_chart(points)
    assert [mark.value for mark in chart.marks] == [value for _, value in points]
    assert all(0 <= mark.x <= charts.WIDTH and 0 <= mark.y <= charts.HEIGHT for mark in chart.marks)
    assert chart.ticks[-1][1] >= max((value for _, value in points), default=0)


def test_spark_needs_two_values() -> None:
    assert charts.sparkline_path([1]) == ""
    assert charts.sparkline_path([1, 3]) == "M0.0 22.0L100.0 2.0"
