"""The layer of data and its rules, guessed from the shapes and the columns."""

from collections.abc import Sequence
from dataclasses import dataclass

from oa_task.conversion.column_roles import ColumnRole
from oa_task.proposal.address_rules import ColumnChoice, by_name, guess_address_rules, guess_street
from oa_task.proposal.columns import ColumnFacts
from oa_task.proposal.guesses import DefinitionGuess
from oa_task.runtime.failure import TaskFailure

ADDRESSES, PARCELS, BUILDINGS, CENTERLINES = "addresses", "parcels", "buildings", "centerlines"
_LEAST_PARCEL = 0.8
_MAX_LISTED = 30


@dataclass(frozen=True, slots=True)
class LayerGuess:
    """A layer, the guesses at its rules, and why it is this layer."""

    layer: str
    rules: list[DefinitionGuess]
    reason: str


def guess_layer(columns: Sequence[ColumnFacts], shapes: str, layer: str | None = None) -> LayerGuess:
    """Return the layer, which may be given, with its rules.

    Raises TaskFailure source.columns_missing if no column seems to hold what the layer requires.
    """
    addresses = guess_address_rules(columns)
    is_address = {"number", "street"} <= {guess.key for guess in addresses}
    if layer == ADDRESSES or (layer is None and is_address and shapes != "line"):
        if not is_address:
            raise _missing("a house number and a street", columns)
        return LayerGuess(ADDRESSES, addresses, "columns with a house number and a street")
    if layer == CENTERLINES or (layer is None and shapes == "line"):
        return LayerGuess(CENTERLINES, _centerline_rules(columns), "lines")
    if layer == BUILDINGS or (layer is None and shapes == "area" and _building_rules(columns)):
        return LayerGuess(BUILDINGS, _building_rules(columns), "areas with a height or levels")
    parcels = _parcel_rules(columns, least=0.0 if layer == PARCELS else _LEAST_PARCEL)
    if layer == PARCELS or (layer is None and shapes == "area" and parcels):
        if not parcels:
            raise _missing("the ID of a parcel", columns)
        return LayerGuess(PARCELS, parcels, "areas with the ID of a parcel")
    raise _missing("a house number and a street", columns)


def _parcel_rules(columns: Sequence[ColumnFacts], *, least: float) -> list[DefinitionGuess]:
    found = ColumnChoice.of(columns).take(ColumnRole.PARCEL_ID, least)
    return [by_name("pid", *found)] if found else []


def _building_rules(columns: Sequence[ColumnFacts]) -> list[DefinitionGuess]:
    choice = ColumnChoice.of(columns)
    pairs = ((ColumnRole.HEIGHT, "height"), (ColumnRole.LEVELS, "levels"))
    return [by_name(key, *found) for role, key in pairs if (found := choice.take(role))]


def _centerline_rules(columns: Sequence[ColumnFacts]) -> list[DefinitionGuess]:
    choice = ColumnChoice.of(columns)
    found = choice.take(ColumnRole.ID)
    return [*guess_street(choice, "name"), *([by_name("id", *found)] if found else [])]


def _missing(what: str, columns: Sequence[ColumnFacts]) -> TaskFailure:
    names = ", ".join(column.name for column in columns[:_MAX_LISTED]) or "none"
    more = f" and {len(columns) - _MAX_LISTED} more" if len(columns) > _MAX_LISTED else ""
    text = f"no column seems to hold {what}; the columns are {names}{more}"
    advice = "choose another layer with --layer, or write the rules yourself"
    return TaskFailure("source.columns_missing", f"{text}: {advice}")
