"""A walk through the rules of an entry without its data: missing columns, and attributes that cannot have a value."""

from collections.abc import Collection
from dataclasses import dataclass

from oa_task.conform.values import Function
from oa_task.definition.task_entry import ATTRIBUTES, Rule, rule_columns

_ACCEPTING_ABSENCE = frozenset({"join", "first_non_empty", "map"})


@dataclass(frozen=True, slots=True)
class MissingColumn:
    """A column that the rule at `pointer` names and that neither the data nor an earlier rule provides.

    It is needed if a function cannot work without it, or if an attribute that identifies a feature is empty in every
    row without it.
    """

    pointer: str
    column: str
    is_needed: bool


class RuleWalk:
    """Visits rules in the order in which the engine applies them.

    `known` are the columns that exist when the next rule runs, `filled` those of them that may have a value in some
    row. `missing` collects the missing columns of the visited rules.
    """

    def __init__(self, layer: str, native: Collection[str]) -> None:
        self._layer, self._native = layer, frozenset(native)
        self.known, self.filled = set(native), set(native)
        self.missing: list[MissingColumn] = []

    def visit(self, rule: Rule, pointer: str, target: str) -> bool:
        """Collect the missing columns of a rule; return whether it may return a value in some row.

        `target` is the attribute, or the variable of the enclosing chain.
        """
        if isinstance(rule, str | int | float | list):
            return self._visit_columns(rule, pointer, is_needed=False)
        if rule["function"] == "chain":
            return self._visit_chain(rule, pointer, target)
        return self._visit_columns(rule, pointer, is_needed=rule["function"] not in _ACCEPTING_ABSENCE)

    def store(self, name: str, *, may_fill: bool) -> None:
        """Add a column that a rule writes."""
        self.known.add(name)
        if may_fill:
            self.filled.add(name)

    def _visit_columns(self, rule: Rule, pointer: str, *, is_needed: bool) -> bool:
        absent = dict.fromkeys(name for name in rule_columns(rule) if name not in self.known)
        self.missing += [MissingColumn(pointer, name, is_needed) for name in absent]
        return self._may_fill(rule)

    def _visit_chain(self, rule: Function, pointer: str, target: str) -> bool:
        variable = own_variable(rule, self._native, self._layer) or target
        self.known.update({f"oa:{variable}", variable})
        self.filled.discard(f"oa:{variable}")  # each chain starts with an empty variable
        may_fill = False
        for index, step in enumerate(rule["functions"]):
            if self.visit(step, f"{pointer}/functions/{index}", variable):
                self.filled.update({f"oa:{variable}", variable})
                may_fill = True
        return may_fill

    def _may_fill(self, rule: Rule) -> bool:
        if isinstance(rule, int | float):
            return True
        if isinstance(rule, str | list):
            return any(name in self.filled for name in rule_columns(rule))
        if rule["function"] == "constant":
            return rule["value"] not in ("", None)
        if rule["function"] in _ACCEPTING_ABSENCE and not self._accepts(rule):
            return False
        if _fills_empty(rule):
            return True
        read = [str(rule["field"])] if "field" in rule else list(rule_columns(rule))
        return any(name in self.filled for name in read)

    def _accepts(self, rule: Function) -> bool:
        """Return whether a function that returns nothing for absent columns has the columns that it requires."""
        are_known = [name in self.known for name in rule_columns(rule)]
        return any(are_known) if rule["function"] == "first_non_empty" else all(are_known)


def _fills_empty(rule: Function) -> bool:
    """Return whether a rule may turn empty text into a value."""
    if rule["function"] == "map":
        return rule.get("else") not in ("", None) or rule["mapping"].get("") not in ("", None)
    return rule["function"] == "regexp" and bool(rule.get("replace"))


def own_variable(rule: Function, native: Collection[str], layer: str) -> str | None:
    """Return the variable that passes results between the steps of a chain, None if it is missing or not allowed.

    It must be neither an attribute of the layer nor a column of the data. The comparison with the attributes ignores
    the characters o, a and : at the start of the name.
    """
    variable: str = rule.get("variable", "")
    is_attribute = variable.lstrip("oa:") in {"hash", *ATTRIBUTES[layer]}
    return None if not variable or is_attribute or variable in native else variable
