"""What columns are by their names: in several languages, glued, cut, with names of tables before them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_task.conversion.column_roles import ColumnRole, roles_of
from oa_task.definition.task_entry import ATTRIBUTES
from oa_task.proposal.address_rules import guess_address_rules
from oa_task.proposal.columns import ColumnFacts


@pytest.mark.parametrize(
    ("role", "names"),
    [
        (
            ColumnRole.NUMBER,
            "number HOUSE_NO HouseNumber housenumbe addr:housenumber Hausnummer HAUSNR hnr numero numéro ADDRNUM",
        ),
        (
            ColumnRole.NUMBER,
            "SITUSADDNUM Add_Number civic CIVIC_NO huisnummer husnummer numer st_number dbo.T_Sites.StreetNo",
        ),
        (
            ColumnRole.STREET,
            "street ST_NAME StreetName street_nam STRASSE rue nom_voie calle ulica gatunamn vejnavn straat SITUSSTREET",
        ),
        (ColumnRole.STREET_FULL, "FULLNAME FullStreetName FULL_ST_NAME street_full FULLSTNM"),
        (ColumnRole.PRE_DIRECTION, "PREDIR ST_PREDIR PRE_DIR St_PreDir PREFIX"),
        (ColumnRole.STREET_TYPE, "ST_TYPE ST_POSTYP St_PosTyp street_type POSTTYPE"),
        (ColumnRole.POST_DIRECTION, "POSTDIR ST_POSDIR SUFDIR SUF_DIR"),
        (ColumnRole.UNIT, "unit UNIT_NO apt APARTMENT unitnumber Suite flat"),
        (
            ColumnRole.CITY,
            "city TOWN municipality municipio commune nom_commune GEMEINDE ort POSTALCITY kommune plaats 市区町村名",
        ),
        (ColumnRole.DISTRICT, "county COUNTYNAME neighborhood Kreis district CNTY_NAME"),
        (ColumnRole.REGION, "state STATE_CODE province region Bundesland 都道府県名"),
        (
            ColumnRole.POSTCODE,
            "zip ZIPCODE Zip_Code postcode code_postal PLZ postnummer CP Código_Postal SITUS_ZIP POST_CODE",
        ),
        (ColumnRole.ID, "id OBJECTID address_id GlobalID UUID addrid"),
        (ColumnRole.LAT, "lat LATITUDE y POINT_Y latitud Breite 緯度 Y_COORD"),
        (ColumnRole.LON, "lon lng LONGITUDE x POINT_X longitud Länge 経度 X_COORD"),
        (ColumnRole.PARCEL_ID, "PARCEL_ID parcelno APN PIN ParcelNumber"),
        (ColumnRole.ADDRESS, "address FULL_ADDRESS SITE_ADDR SitusAddress direccion Anschrift 住所"),
    ],
)
def test_name_has_the_role(role: ColumnRole, names: str) -> None:
    best = {name: max(roles_of(name).items(), key=lambda pair: pair[1], default=(None, 0))[0] for name in names.split()}
    ranked = {name: roles_of(name).get(role, 0.0) >= 0.9 * max(roles_of(name).values(), default=1) for name in best}
    assert [name for name, is_best in ranked.items() if not is_best] == []


@pytest.mark.parametrize(
    "name",
    ["OWNER_ADDR_NUM", "MAIL_ZIP", "FROM_ADDR_L", "old_street_name", "EDIT_DATE", "SHAPE_AREA", "qwrtz", "", "42", "é"],
)
def test_name_of_something_else_has_no_certain_role(name: str) -> None:
    assert max(roles_of(name).values(), default=0.0) < 0.6


@given(st.text(max_size=300))
def test_any_name_has_scores_between_0_and_1(name: str) -> None:
    assert all(0 < score <= 1 for score in roles_of(name).values())


@given(st.lists(st.text(max_size=20) | st.sampled_from(["num", "street", "zip", "city", "type", "dir", "address"])))
def test_any_columns_have_rules_of_columns_that_exist_at_most_one_for_each_attribute(names: list[str]) -> None:
    guesses = guess_address_rules([ColumnFacts(name) for name in names])
    keys = [guess.key for guess in guesses]
    assert len(keys) == len(set(keys))
    assert set(keys) <= set(ATTRIBUTES["addresses"])
    for guess in guesses:
        value = guess.value
        columns = [value["field"]] if isinstance(value, dict) else value if isinstance(value, list) else [value]
        assert set(columns) <= set(names)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("ST_PREDIR ST_NAME ST_TYPE ST_POSDIR HOUSENUM", {"street": ["ST_PREDIR", "ST_NAME", "ST_TYPE", "ST_POSDIR"]}),
        ("AddNum_Pre Add_Number AddNum_Suf STREET", {"number": ["AddNum_Pre", "Add_Number", "AddNum_Suf"]}),
        ("HOUSENUM FULLNAME ST_NAME ST_TYPE", {"street": "FULLNAME", "number": "HOUSENUM"}),
        ("UNIT_TYPE UNIT_NO NUMBER STREET", {"unit": ["UNIT_TYPE", "UNIT_NO"]}),
        ("MAIL_CITY SITUS_CITY NUMBER STREET", {"city": "SITUS_CITY"}),
        ("ADDRESS CITY", {"number": {"function": "prefixed_number", "field": "ADDRESS"}}),
    ],
)
def test_columns_are_joined_and_divided(columns: str, expected: dict[str, object]) -> None:
    rules = {guess.key: guess.value for guess in guess_address_rules([ColumnFacts(name) for name in columns.split()])}
    assert {key: rules.get(key) for key in expected} == expected


def test_column_without_values_is_not_used() -> None:
    columns = [
        ColumnFacts("number", 10, 10, 10, {"house": 1.0}, examples=["1"]),
        ColumnFacts("street", 10, 10, 5, {"words": 1.0}, examples=["Oak Ave"]),
        ColumnFacts("city", 10, 0, 0, {}),
    ]
    assert {guess.key for guess in guess_address_rules(columns)} == {"number", "street"}
