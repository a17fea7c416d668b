"""House number, street and unit from an address in one text."""

import re

from oa_task.conform.columns import Columns
from oa_task.conform.functions.regexps import first_groups
from oa_task.conform.patterns.expression import compile_expression
from oa_task.conform.values import Function, RuleResult

_NUMBER = r"\d+(?:[ -]\d/\d|-\d+|-?[A-Z])?"
_UNIT = r"(?:(?:UNIT|APARTMENT|APT\.?|SUITE|STE\.?|BUILDING|BLDG\.?|LOT)\s+|#).+"
_PREFIXED_NUMBER = rf"^\s*({_NUMBER})\s"
_POSTFIXED_STREET = rf"^(?:\s*{_NUMBER}\s+)?(.*)"
_STREET_BEFORE_UNIT = rf"^(?:\s*{_NUMBER}\s+)?(.+?)(?:\s+{_UNIT})?$"
_POSTFIXED_UNIT = rf"\s({_UNIT})$"


def prefixed_number(rule: Function, columns: Columns) -> RuleResult:
    """Return the house number at the start of an address."""
    return first_groups(columns, rule["field"], compile_expression(_PREFIXED_NUMBER, re.IGNORECASE))


def postfixed_street(rule: Function, columns: Columns) -> RuleResult:
    """Return the text after the house number, up to a unit if the rule allows for one."""
    pattern = _STREET_BEFORE_UNIT if rule.get("may_contain_units") else _POSTFIXED_STREET
    return first_groups(columns, rule["field"], compile_expression(pattern, re.IGNORECASE))


def postfixed_unit(rule: Function, columns: Columns) -> RuleResult:
    """Return the unit at the end of an address."""
    return first_groups(columns, rule["field"], compile_expression(_POSTFIXED_UNIT, re.IGNORECASE))
