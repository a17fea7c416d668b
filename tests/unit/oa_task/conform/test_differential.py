"""The engine, by columns, against the reference, by rows, over random definitions and rows."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.comparison import difference
from bench.rule_strategies import definitions, real_columns, regexps, rows

pytestmark = pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")
_SETTINGS = settings(deadline=None, max_examples=400, suppress_health_check=list(HealthCheck))


@_SETTINGS
@given(definition=definitions, rows=rows, real=real_columns)
def test_conform_batch_random_definition_and_rows_equals_reference(
    definition: tuple[str, dict[str, Any]], rows: list[dict[str, str]], real: frozenset[str]
) -> None:
    assert difference(*definition, rows, real) is None


@_SETTINGS
@given(rule=st.fixed_dictionaries({"id": regexps}), rows=rows)
def test_regexp_random_expression_and_rows_equals_python(rule: dict[str, Any], rows: list[dict[str, str]]) -> None:
    assert difference("addresses", rule, rows) is None
