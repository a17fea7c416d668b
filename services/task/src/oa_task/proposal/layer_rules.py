"""The layer of data and its rules, guessed from the shapes and the columns."""

from collections.abc import Sequence
from dataclasses import dataclass

from oa_task.conversion.candidate_columns import Candidate
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
    """A layer, the guesses at its rules, why it is this layer, and which layers the data seems to hold besides."""

    layer: str
    rules: list[DefinitionGuess]
    reason: str
    other_layers: tuple[str, ...] = ()


def guess_layer(
    columns: Sequence[ColumnFacts], shapes: str, layer: str | None = None, *, names: Sequence[str] = ()
) -> LayerGuess:
    """Return the layer, which may be given, with its rules; `names` are those of the file and of its layer.

    Raises TaskFailure source.columns_missing if no column seems to hold what the layer requires.
    """
    addresses = guess_address_rules(columns)
    is_address = {"number", "street"} <= {guess.key for guess in addresses}
    if layer == ADDRESSES or (layer is None and is_address and shapes != "line"):
        if not is_address:
            raise _missing("a house number and a street", columns)
        has_parcels = layer is None and shapes == "area" and _parcel_rules(columns, least=_LEAST_PARCEL)
        others = (PARCELS,) if has_parcels else ()
        return LayerGuess(ADDRESSES, addresses, "columns with a house number and a street", others)
    if layer == CENTERLINES or (layer is None and shapes == "line"):
        return LayerGuess(CENTERLINES, _centerline_rules(columns), "lines")
    is_building = shapes == "area" and (_building_rules(columns) or any(map(_is_about_buildings, names)))
    if layer == BUILDINGS or (layer is None and is_building):
        return LayerGuess(BUILDINGS, _building_rules(columns), "areas with a height, or named after buildings")
    parcels = _parcel_rules(columns, least=0.0 if layer == PARCELS else _LEAST_PARCEL)
    if layer == PARCELS or (layer is None and shapes == "area" and parcels):
        if not parcels:
            raise _missing("the ID of a parcel", columns)
        return LayerGuess(PARCELS, parcels, "areas with the ID of a parcel")
    if layer is None and shapes == "area" and any(_is_about_buildings(column.name) for column in columns):
        return LayerGuess(BUILDINGS, [], "areas with columns about buildings")
    if shapes == "area":
        raise _missing("a house number and a street, or the ID of a parcel", columns, BUILDINGS)
    raise _missing("a house number and a street", columns)


def _is_about_buildings(name: str) -> bool:
    return Candidate(name).is_named_after(BUILDINGS)


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


def _missing(what: str, columns: Sequence[ColumnFacts], other: str | None = None) -> TaskFailure:
    names = ", ".join(column.name for column in columns[:_MAX_LISTED]) or "none"
    more = f" and {len(columns) - _MAX_LISTED} more" if len(columns) > _MAX_LISTED else ""
    text = f"no column seems to hold {what}; the columns are {names}{more}"
    example = f", such as {other}, which requires no columns" if other else ""
    advice = f"choose another layer (`--layer`){example}, or write the rules yourself"
    return TaskFailure("source.columns_missing", f"{text}: {advice}")
