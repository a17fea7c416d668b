"""The baselines of the benchmarks run the statements of the API: they state each parameter that those have."""

import importlib
import re
from pathlib import Path

import pytest

from oa_api.db.query_files import load_queries

_BENCH = Path(__file__).parents[1] / "bench"
_PARAMETER = re.compile(r"%\((\w+)\)s")


def test_baseline_of_results_states_every_parameter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(_BENCH))
    statements = importlib.import_module("api_messages")._STATEMENTS_OF_A_RESULT
    queries = load_queries("jobs.results")
    stated = {"job", "attempt", "token"}
    lacking = {name: set(_PARAMETER.findall(queries[name])) - stated - more.keys() for name, more in statements}
    assert {name: names for name, names in lacking.items() if names} == {}
