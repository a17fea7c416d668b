"""The properties of a feature from one row of a source."""

from collections.abc import Callable
from typing import Any

from bench.reference.functions import MAKERS, Row, Step, space_separated

PROPERTIES = {
    "addresses": "number street unit city district region postcode id accuracy",
    "buildings": "height levels",
    "parcels": "pid",
    "centerlines": (
        "id name oneway speed classification surface addr_from_left addr_to_left addr_from_right addr_to_right "
        "zip_left zip_right"
    ),
}


MEASURES = {"height", "levels", "speed", "accuracy"}


class RowRules:
    """The rules of one entry, prepared once for all rows; `real` names the columns of numbers with decimals."""

    def __init__(
        self, layer: str, conform: dict[str, Any], columns: list[str], real: frozenset[str] = frozenset()
    ) -> None:
        self._layer, self._real = layer, real
        self._names = PROPERTIES[layer].split()
        self._rules = {name: rule for name, rule in conform.items() if name in self._names}
        self._columns = set(columns)
        self._steps = [
            (name, self._step(rule, name)) for name, rule in self._rules.items() if isinstance(rule, list | dict)
        ]

    def properties(self, cells: dict[str, str]) -> dict[str, Any]:
        """Return the properties of a row."""
        row, results = Row(cells, self._real), {}
        for name, step in self._steps:
            row.keeps_decimals = name in MEASURES
            results[name] = step(row)
            row[f"oa:{name}"] = _text(results[name])
        return {name: self._final(name, row, results) for name in self._names}

    def _final(self, name: str, row: Row, results: dict[str, Any]) -> Any:
        rule = self._rules.get(name, "")
        if name in results:
            value = "" if results[name] is None else results[name]
        elif name not in self._rules:
            value = ""
        else:
            row.keeps_decimals = name in MEASURES
            value = rule if not isinstance(rule, str) else row.plain(rule) if rule in row else None
        if self._layer != "addresses" or name not in ("number", "street", "unit"):
            return value
        text = _text(value).strip()
        return text[:-2] if name == "number" and text.endswith(".0") else text

    def _step(self, rule: Any, target: str) -> Step:
        if isinstance(rule, list):
            return space_separated(rule)
        return self._chain(rule, target) if rule["function"] == "chain" else MAKERS[rule["function"]](rule)

    def _chain(self, rule: dict[str, Any], target: str) -> Step:
        variable = rule.get("variable")
        if variable and variable.lstrip("oa:") not in ["hash", *self._names] and variable not in self._columns:
            return _run([self._step(step, variable) for step in rule["functions"]], variable, first="")
        return _run([self._step(step, target) for step in rule["functions"]], target, first=None)


def _run(steps: list[Step], variable: str, first: str | None) -> Callable[[Row], Any]:
    def chain(row: Row) -> Any:
        value: Any = first
        row[f"oa:{variable}"] = ""
        if first == "":
            row[variable] = ""
        for step in steps:
            result = step(row)
            value = value if result is None else result
            row[f"oa:{variable}"] = _text(value)
            row[variable] = _text(value) or row.get(variable, "")
        return value

    return chain


def _text(value: Any) -> str:
    return "" if value is None else str(value)
