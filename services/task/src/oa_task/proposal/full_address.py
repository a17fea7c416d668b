"""The rules for a column that holds an address in one line, such as `123 Main St Apt 2, Springfield, IL 62704`."""

from oa_shared.json_types import JsonObject
from oa_task.proposal.columns import ColumnFacts
from oa_task.proposal.guesses import DefinitionGuess

_MOSTLY, _SOME = 0.6, 0.02
_CERTAIN = 0.9
_NUMBER = r"\d+(?:\s?[A-Za-z]|[-/]\d+\s?[A-Za-z]?)?"
_LINE = r"^([^,]+)"
_UNIT = r"(?i)[\s,]((?:(?:unit|apartment|apt\.?|suite|ste\.?|bldg\.?)\s|#)\s*[^\s,]+)\s*(?:,|$)"
_STATE_AND_POSTCODE = (
    ("city", r",\s*([^,]+?),?\s+[A-Za-z]{2}\.?,?\s+\d{5}(?:-\d{4})?"),
    ("region", r",?\s+([A-Za-z]{2})\.?,?\s+\d{5}(?:-\d{4})?"),
    ("postcode", r",?\s+[A-Za-z]{2}\.?,?\s+(\d{5}(?:-\d{4})?)"),
)
_POSTCODE_AND_CITY = (
    ("city", r",\s*(?:[A-Za-z]{1,2}-)?\d{4,5}\s+([^,0-9]+)$"),
    ("postcode", r",\s*(?:[A-Za-z]{1,2}-)?(\d{4,5})\s+[^,0-9]+$"),
)


def split_number_first(column: ColumnFacts, score: float) -> list[DefinitionGuess]:
    """Return the guesses at number, street and unit of a column with the number first."""
    reason = "values with a number followed by a street" if column.rows else "name of a full address"
    has_units, has_locality = column.share("unit_last") >= _SOME, _has_locality(column)
    number = {"function": "prefixed_number", "field": column.name}
    street: JsonObject = {"function": "postfixed_street", "field": column.name}
    if has_units or has_locality:
        street["may_contain_units"] = True
    if has_locality:
        street = {
            "function": "chain",
            "variable": "address_line",
            "functions": [_pick(column, _LINE), {**street, "field": "oa:address_line"}],
        }
    guesses = [
        DefinitionGuess("number", number, score, reason, column.example),
        DefinitionGuess("street", street, score, reason, column.example),
    ]
    if has_units:
        unit = _pick(column, _UNIT) if has_locality else {"function": "postfixed_unit", "field": column.name}
        guesses.append(DefinitionGuess("unit", unit, score * _CERTAIN, "values with a unit", column.example))
    return guesses


def split_number_last(column: ColumnFacts, score: float) -> list[DefinitionGuess]:
    """Return the guesses at number and street of a column with the number after the street."""
    end = "(?:,.*)?$" if _has_locality(column) else "$"
    patterns = (("number", rf"^.*?\s({_NUMBER}){end}"), ("street", rf"^(.*?),?\s{_NUMBER}{end}"))
    reason = "values with a street followed by a number"
    return [DefinitionGuess(key, _pick(column, pattern), score, reason, column.example) for key, pattern in patterns]


def guess_locality(column: ColumnFacts) -> list[DefinitionGuess]:
    """Return the guesses at city, region and postcode behind the street of a full address; none if it has none."""
    parts: tuple[tuple[str, str], ...] = ()
    if column.share("state_postcode_last") >= _MOSTLY:
        parts = _STATE_AND_POSTCODE
    elif column.share("postcode_city_last") >= _MOSTLY:
        parts = _POSTCODE_AND_CITY
    reason = "values that end with a city and a postcode"
    return [DefinitionGuess(key, _pick(column, pattern), _CERTAIN, reason, column.example) for key, pattern in parts]


def _has_locality(column: ColumnFacts) -> bool:
    return column.share("locality_last") >= _MOSTLY


def _pick(column: ColumnFacts, pattern: str) -> JsonObject:
    """Return the rule for the group of a pattern."""
    return {"function": "regexp", "field": column.name, "pattern": pattern}
