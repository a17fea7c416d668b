"""Findings about columns whose names contradict what reads them, such as `lat` from a column LONGITUDE.

A check without data sees names only. So a name counts if all of it names one kind of value and no other.
"""

import re
from collections.abc import Iterator, Mapping

from oa_shared.definition_check.findings import LintFinding, child_pointer, warning
from oa_shared.json_types import JsonMapping

# By the member that reads such values: the names of columns, in small letters, without anything but letters and digits.
_NAMES: Mapping[str, frozenset[str]] = {
    member: frozenset(names.split())
    for member, names in {
        "lat": "lat latitude latitud latdd decimallatitude ycoord ycoordinate pointy northing",
        "lon": "lon long lng longitude longitud longdd decimallongitude xcoord xcoordinate pointx easting",
        "number": "number housenumber housenum houseno hsenumber hsenum addressnumber addrnumber addrnum addnumber "
        "streetnumber streetnum stnumber stnum civicnumber civicno hausnummer hausnr huisnummer husnummer husnr "
        "vejnr numerocivico",
        "street": "street streetname stname stnam strname roadname rdname fullstreet fullstname strasse strassenname "
        "straatnaam gatenavn vejnavn gatunamn nombrevia ulica nomevia nomvoie",
        "city": "city cityname town townname municipality municipio",
        "postcode": "zip zipcode zip5 postcode postalcode postcd plz codigopostal codepostal postnummer",
    }.items()
}
_KINDS = {name: member for member, names in _NAMES.items() for name in names}
_VALUES = {
    "lat": "latitudes",
    "lon": "longitudes",
    "number": "house numbers",
    "street": "names of streets",
    "city": "names of cities",
    "postcode": "postcodes",
}
_NOT_IN_NAME = re.compile(r"[\W_]+")


def check_column_names(conform: JsonMapping, pointer: str) -> Iterator[LintFinding]:
    """Yield a warning for each member that reads one column alone, whose name is that of other values."""
    columns = {member: column for member in _NAMES if (column := _only_column(conform.get(member))) is not None}
    for member, column in columns.items():
        kind = _KINDS.get(_NOT_IN_NAME.sub("", column).casefold())
        if kind in {None, member}:
            continue
        advice = "check it with `oa try`"
        if kind in columns and _KINDS.get(_NOT_IN_NAME.sub("", columns[kind]).casefold()) == member:
            advice = f"swap it with that of `{kind}`, {columns[kind]!r}"
        text = f"`{member}` reads the column {column!r}, which by its name contains {_VALUES[kind]}: {advice}"
        yield warning(child_pointer(pointer, member), "contradicting_column", text)


def _only_column(rule: object) -> str | None:
    """Return the column of a rule that uses its value unchanged; None for a function and for several columns."""
    if isinstance(rule, list) and len(rule) == 1:
        rule = rule[0]
    return rule if isinstance(rule, str) else None
