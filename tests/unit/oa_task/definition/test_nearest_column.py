"""The nearest name of a column that is gone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_task.definition.nearest_column import name_with_nearest, nearest_column

DATA = [
    *("OBJECTID", "HOUSE_NUM", "ROADNAME", "ZIP5", "Straße", "N° voie", "Código_Postal", "PARCEL_NO", "LAT"),
    *("X", "Y", "city", "CITY_2"),
]


@pytest.mark.parametrize(
    ("column", "nearest"),
    [
        ("housenum", "HOUSE_NUM"),
        ("House Num", "HOUSE_NUM"),
        ("road", "ROADNAME"),
        ("zip", "ZIP5"),
        ("STRASSE", "Straße"),
        ("n_voie", "N° voie"),
        ("codigo postal", "Código_Postal"),
        ("PARCELNO", "PARCEL_NO"),
        ("latitude", "LAT"),
        ("CITY", "city"),
        ("city2", "CITY_2"),
        ("x", "X"),
    ],
)
def test_nearest_column_ignores_case_diacritics_and_punctuation(column: str, nearest: str) -> None:
    assert nearest_column(column, DATA) == nearest


@pytest.mark.parametrize("column", ["apn", "", "__", "Toscana"])
def test_nearest_column_without_a_similar_name_is_none(column: str) -> None:
    assert nearest_column(column, DATA) is None


def test_name_with_nearest_without_a_similar_name_lists_the_columns() -> None:
    assert name_with_nearest("apn", ["B", "A", ""]) == "'apn' (none is near: the data has A, B)"
    text = name_with_nearest("apn", [f"{number:03}" for number in range(100)])
    assert text.endswith("019 and 80 more)")


def test_name_with_nearest_long_names_are_cut() -> None:
    assert len(name_with_nearest("x" * 70_000, ["x" * 69_999, "y" * 70_000])) < 300


ascii_names = st.text(st.characters(max_codepoint=127), max_size=20)


def letters(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


@given(column=ascii_names.filter(letters), others=st.lists(ascii_names, max_size=8), data=st.data())
def test_nearest_column_same_letters_in_another_case_win(column: str, others: list[str], data: st.DataObject) -> None:
    changed = data.draw(st.sampled_from([column.upper(), column.lower(), f"_{column}_", column.replace("_", " ")]))
    nearest = nearest_column(column, [*others, changed])
    assert nearest is not None
    assert letters(nearest) == letters(column)
