"""The report of an import: the rows by step, before and after, and each row that did not fit."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.imports.rows import FindingRow, ImportRow, StepRow
from oa_api.imports.steps import STEPS
from oa_shared.json_types import JsonObject

_SQL = load_queries("imports.writes")
_PAGE = 1000
_MOST_REASONS = 20
_COLUMNS = ("step", "there", "before", "read", "inserted", "updated", "unchanged", "left_out", "after")


@dataclass(frozen=True, slots=True)
class ImportReport:
    """An import with its steps, the rows there (None where a step has no table there), and all findings."""

    row: ImportRow
    steps: list[StepRow]
    theirs: Mapping[str, int]
    findings: list[FindingRow]

    def lines(self) -> list[JsonObject]:
        """Return the counts of each step as JSON, in the order of the steps."""
        by_name = {step.name: step for step in self.steps}
        before, after = self.row.counts_before, self.row.counts_after or {}
        return [
            {
                "step": name,
                "there": self.theirs.get(name),
                "before": before.get(name),
                "read": step.read_rows,
                "inserted": step.inserted,
                "updated": step.updated,
                "unchanged": step.unchanged,
                "left_out": step.left_out,
                "after": after.get(name),
            }
            for name in (known.name for known in STEPS)
            if (step := by_name.get(name)) is not None
        ]

    def reasons(self) -> list[tuple[str, int]]:
        """Return the most common kinds of findings, with their numbers: numbers and quoted texts do not count."""
        counts = Counter(f"{row.step} {row.outcome}: {_kind_of(row.reason)}" for row in self.findings)
        return counts.most_common(_MOST_REASONS)

    def as_json(self) -> JsonObject:
        """Return the counts and the kinds of findings as JSON."""
        return {
            "import": self.row.id,
            "system": self.row.system,
            "steps": self.lines(),
            "findings": len(self.findings),
            "reasons": [{"reason": reason, "rows": rows} for reason, rows in self.reasons()],
        }

    def as_table(self) -> str:
        """Return the counts as a table, then the kinds of findings."""
        rows = [_COLUMNS, *(tuple(_cell(line[name]) for name in _COLUMNS) for line in self.lines())]
        widths = [max(len(row[place]) for row in rows) for place in range(len(_COLUMNS))]
        table = [
            "  ".join(
                cell.ljust(width) if place == 0 else cell.rjust(width) for place, (cell, width) in enumerate(pairs)
            )
            for pairs in (list(zip(row, widths, strict=True)) for row in rows)
        ]
        reasons = [f"{rows:>9,}  {reason}" for reason, rows in self.reasons()]
        return "\n".join([*table, "", f"{len(self.findings):,} findings", *reasons])


async def read_report(transaction: Transaction, *, import_id: int, theirs: Mapping[str, int]) -> ImportReport:
    """Return the report of an import."""
    values = {"import": import_id}
    row = await transaction.first(_SQL["import"], values, into=ImportRow)
    if row is None:
        raise LookupError(f"import {import_id} does not exist")
    steps = await transaction.all(_SQL["steps"], values, into=StepRow)
    findings: list[FindingRow] = []
    while len(page := await _read_findings(transaction, import_id, len(findings))) == _PAGE:
        findings += page
    return ImportReport(row, steps, theirs, [*findings, *page])


async def _read_findings(transaction: Transaction, import_id: int, offset: int) -> list[FindingRow]:
    values = {"import": import_id, "offset": offset, "limit": _PAGE}
    return await transaction.all(_SQL["findings"], values, into=FindingRow)


def write_findings(report: ImportReport, path: Path) -> None:
    """Write each finding as a line of JSON: step, id, outcome, reason."""
    with path.open("w", encoding="utf-8") as file:
        for row in report.findings:
            line = {"step": row.step, "id": row.row_id, "outcome": row.outcome, "reason": row.reason}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value) if value is not None else "-"


def _kind_of(reason: str) -> str:
    """Return a reason without the values of its row."""
    return re.sub(r"'[^']*'|\d+", "…", reason)
