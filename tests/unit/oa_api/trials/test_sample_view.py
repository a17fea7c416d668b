"""The view of a sample: shares of attributes and columns, what the published data has besides, and odd files."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_api.trials.sample_view import published_shares, read_rows, view_sample


def row(number: int, street: str | None) -> dict[str, Any]:
    """Return a row whose street is made from a column in an inner step."""
    inner = {"read": {"ST": street}, "steps": []}
    return {
        "row": number,
        "raw": {"NO": number, "ST": street, "SPARE": None},
        "attributes": [
            {"attribute": "number", "value": str(number), "step": {"read": {"NO": "1"}}},
            {"attribute": "street", "value": street, "step": {"steps": [inner]}},
            {"attribute": "unit", "value": "", "step": {"read": {"UNIT_NO": None}}},
            {"attribute": "accuracy", "value": None, "step": None},
        ],
        "geometry": "POINT (1 2)",
    }


ROWS = [row(1, "Main St"), row(2, "Main St"), row(3, "Oak St"), row(4, None)]


def test_attributes_have_their_columns_and_shares_and_unused_ones_are_left_out() -> None:
    view = view_sample(ROWS, None)
    assert view.count == 4
    shown = {item.name: (item.columns, item.filled, item.published) for item in view.attributes}
    assert shown == {"number": (["NO"], 1.0, None), "street": (["ST"], 0.75, None), "unit": (["UNIT_NO"], 0.0, None)}
    assert view.filled_attributes == ["number", "street"]
    assert view.rows[0].values["street"] == "Main St"


def test_columns_have_their_values_and_who_reads_them() -> None:
    columns = {column.name: column for column in view_sample(ROWS, None).columns}
    assert (columns["ST"].filled, columns["ST"].distinct, columns["ST"].examples) == (0.75, 2, ["Main St", "Oak St"])
    assert columns["ST"].attributes == ["street"]
    assert (columns["SPARE"].filled, columns["SPARE"].examples, columns["SPARE"].attributes) == (0.0, [], [])


def test_loss_is_notable_from_a_tenth_on_and_attributes_that_only_the_published_data_has_are_shown() -> None:
    published = {"count": 100, "fields": {"number": 100, "street": 84, "unit": 5, "city": 90}}
    view = view_sample(ROWS, published)
    assert {item.name: item.published for item in view.attributes}["city"] == 0.9
    assert [item.name for item in view.attributes if item.is_lost] == ["city"]
    lost = view_sample(ROWS, {**published, "fields": {"street": 85}})
    assert [item.name for item in lost.attributes if item.is_lost] == ["street"]
    # A published result has all fields that it filled: one that it does not name had no values.
    assert {item.name: item.published for item in lost.attributes}["number"] == 0.0


def test_long_samples_show_twelve_rows_and_three_hundred_columns() -> None:
    wide = {"raw": {f"C{number}": number for number in range(400)}, "attributes": []}
    view = view_sample([wide] * 40, None)
    assert (view.count, len(view.rows), len(view.columns)) == (40, 12, 300)


@pytest.mark.parametrize(
    "published", [{}, {"count": 0, "fields": {"a": 0}}, {"count": "2", "fields": {"a": 1}}, {"count": 2, "fields": [1]}]
)
def test_published_result_without_counts_has_no_shares(published: dict[str, Any]) -> None:
    assert published_shares(published) == {}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["rows", "raw", "attributes", "attribute", "value", "step", "read", "steps"]), inner
        )
    ),
    max_leaves=12,
)


@given(_JSON, _JSON)
def test_any_sample_file_has_a_view(sample: object, published: Any) -> None:
    rows = read_rows({"rows": [sample, {"attributes": [sample], "raw": sample}]})
    view = view_sample(rows, published if isinstance(published, dict) else None)
    assert view.count == len(rows)
    assert read_rows(sample) == [] or isinstance(sample, dict)
