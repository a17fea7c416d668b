"""Run random definitions and rows through the engine and the reference: `python -m bench.fuzz [INPUTS]`, in `tests`."""

import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from bench.comparison import difference
from bench.rule_strategies import definitions, real_columns, regexps, rows

_INPUTS = 20_000
_MAX_PRINTED = 20
_cases = definitions | regexps.map(lambda rule: ("addresses", {"id": rule}))


def fuzz(inputs: int) -> int:
    """Print the number of inputs, of differences and of crashes; return the sum of the last two."""
    problems: dict[str, list[str]] = {"difference": [], "crash": []}
    started, count = time.perf_counter(), 0

    def compare(case: tuple[str, dict[str, Any]], values: list[dict[str, str]], real: frozenset[str]) -> None:
        nonlocal count
        count += 1
        kind, text = _outcome(difference, *case, values, real)
        if text is not None:
            problems[kind].append(f"{case} {text}")

    _with_examples(inputs)(compare)()
    for kind, texts in problems.items():
        for text in texts[:_MAX_PRINTED]:
            print(f"{kind}: {text}")
    seconds = time.perf_counter() - started
    differences, crashes = len(problems["difference"]), len(problems["crash"])
    print(f"functions: {count} inputs, {differences} differences, {crashes} crashes, {seconds:.0f} s")
    return differences + crashes


def _outcome(do: Callable[..., str | None], *parts: Any) -> tuple[str, str | None]:
    try:
        return "difference", do(*parts)
    except Exception as error:  # noqa: BLE001 - counts every crash
        return "crash", repr(error)


def _with_examples(inputs: int) -> Callable[[Callable[..., None]], Callable[[], None]]:
    with_settings = settings(
        max_examples=inputs,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    return lambda do: with_settings(given(case=_cases, values=rows, real=real_columns)(do))


if __name__ == "__main__":
    warnings.simplefilter("ignore", FutureWarning)
    sys.exit(fuzz(int(sys.argv[1]) if len(sys.argv) > 1 else _INPUTS) > 0)
