"""docs/failure-codes.md, from `oa_shared.failures`."""

from oa_shared.failures import FAILURES, Failure, FailureClass, RetryRule

_HEAD = """# Failure codes

Generated from `oa_shared.failures` by `make docs`; do not edit.

A failed job has one of these codes. The part before the dot is the failure class. Codes never change; titles and
hints may. *Rerun* states whether the same definition may succeed later without a change.
"""


def page() -> str:
    """Return the page: one table for each class."""
    sections = [_section(failure_class) for failure_class in FailureClass]
    return "\n".join([_HEAD, *sections])


def _section(failure_class: FailureClass) -> str:
    rows = [_row(failure) for failure in FAILURES.values() if failure.failure_class is failure_class]
    table = ["| Code | Title | Hint | Exit status | Retries | Rerun |", "|---|---|---|---|---|---|", *rows]
    return "\n".join([f"## {failure_class.value}", "", failure_class.meaning, "", *table, ""])


def _row(failure: Failure) -> str:
    rerun = "may help" if failure.rerun_helps else "after a fix"
    cells = (f"`{failure.code}`", failure.title, failure.hint, failure.exit_status, _retries(failure.retry), rerun)
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _retries(rule: RetryRule) -> str:
    if not rule.delays_s:
        return "none"
    delays = ", ".join(_duration(delay) for delay in rule.delays_s)
    return f"{len(rule.delays_s)}: {delays}" + (", next tier" if rule.larger else "")


def _duration(seconds: int) -> str:
    return f"after {seconds // 60} min" if seconds >= 60 and seconds % 60 == 0 else f"after {seconds} s"  # noqa: PLR2004
