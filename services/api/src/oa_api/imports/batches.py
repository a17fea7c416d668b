"""One batch of a step: the rows of a page are written in one transaction with the place that the step has reached.

A program that dies between two batches loses nothing, and one that dies within a batch loses the batch, whose rows the
next import reads again. Two programs that import at once take turns: each batch locks its step.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.imports.findings import ConvertedRow, NotImportableError, Outcome
from oa_api.imports.record import as_json
from oa_api.imports.rows import DigestRow, StepRow
from oa_api.imports.steps import Batch, ImportContext, ImportStep, TheirRow, write_definitions
from oa_api.imports.their_database import TheirDatabase
from oa_shared.fault_points import fault_point

_SQL = load_queries("imports.writes")
_STAYS = "it has changed there since its import; the row here is unchanged"
_UNKNOWN = "it conflicts with another row of this system"
BATCH_ROWS = 500
_TIMEOUT_MS = 600_000


@dataclass(slots=True)
class _Result:
    """What a batch wrote, and the findings about its rows: ID, outcome, reason."""

    inserted: list[ConvertedRow] = field(default_factory=list)
    updated: list[ConvertedRow] = field(default_factory=list)
    unchanged: int = 0
    left_out: int = 0
    findings: list[tuple[int, Outcome, str]] = field(default_factory=list)

    def leave_out(self, row_id: int, reason: str) -> None:
        self.left_out += 1
        self.findings.append((row_id, Outcome.LEFT_OUT, reason))


@dataclass(frozen=True, slots=True)
class BatchRunner:
    """Writes the batches of one import."""

    import_id: int
    theirs: TheirDatabase
    context: ImportContext
    batch_rows: int = BATCH_ROWS

    async def run(self, transaction: Transaction, step: ImportStep) -> StepRow:
        """Write the next batch of a step, and return how far the step is then."""
        await transaction.execute(f"SET LOCAL statement_timeout = {_TIMEOUT_MS}")
        key = {"import": self.import_id, "step": step.name}
        state = await transaction.first(_SQL["lock_step"], key, into=StepRow)
        if state is None or state.is_done:
            return state or StepRow(step.name, 0, 0, 0, 0, 0, 0, is_done=True)
        page = await self.theirs.read_page(step.name, step.into, after=state.last_id, limit=self.batch_rows)
        fault_point(f"import.{step.name}.read")
        result = await self._write(transaction, step, page)
        await self._record(transaction, step, result)
        last_id = page[-1].id if page else state.last_id
        counts = {
            "last_id": last_id,
            "read_rows": len(page),
            "inserted": len(result.inserted),
            "updated": len(result.updated),
            "unchanged": result.unchanged,
            "left_out": result.left_out,
            "is_done": len(page) < self.batch_rows,
        }
        await transaction.execute(_SQL["advance_step"], {**key, **counts})
        fault_point(f"import.{step.name}.written")
        return StepRow(
            step.name,
            last_id,
            state.read_rows + len(page),
            state.inserted + len(result.inserted),
            state.updated + len(result.updated),
            state.unchanged + result.unchanged,
            state.left_out + result.left_out,
            is_done=len(page) < self.batch_rows,
        )

    async def _write(self, transaction: Transaction, step: ImportStep, page: Sequence[TheirRow]) -> _Result:
        result, batch = _Result(), Batch()
        for row in page:
            try:
                batch.rows.append(await step.convert(row, self.context, batch))
            except NotImportableError as error:
                result.leave_out(row.id, str(error))
        values = {"step": step.name, "ids": [row.id for row in batch.rows]}
        known = {row.id: row.digest for row in await transaction.all(_SQL["digests"], values, into=DigestRow)}
        new = [row for row in batch.rows if row.id not in known]
        changed = [row for row in batch.rows if row.id in known and known[row.id] != row.digest]
        result.unchanged = len(batch.rows) - len(new) - len(changed)
        if new or changed:
            await write_definitions(transaction, batch)
        if new:
            adapted = await step.adapt(transaction, new) if step.adapt else new
            await self._insert(transaction, step, adapted, result)
        if changed and step.update is None:
            result.unchanged += len(changed)
            result.findings += [(row.id, Outcome.ADAPTED, _STAYS) for row in changed]
        elif changed and step.update is not None:
            written = set(await step.update(transaction, as_json(changed)))
            result.updated = [row for row in changed if row.id in written]
            await self._explain(transaction, step, [row for row in changed if row.id not in written], result)
        return result

    async def _insert(
        self, transaction: Transaction, step: ImportStep, rows: list[ConvertedRow], result: _Result
    ) -> None:
        written = set(await step.insert(transaction, as_json(rows)))
        result.inserted = [row for row in rows if row.id in written]
        await self._explain(transaction, step, [row for row in rows if row.id not in written], result)

    async def _explain(
        self, transaction: Transaction, step: ImportStep, rows: list[ConvertedRow], result: _Result
    ) -> None:
        """Leave rows out that the database did not take, with the reason."""
        if not rows:
            return
        found = {row.id: row.reason for row in await step.find_obstacles(transaction, as_json(rows))}
        for row in rows:
            result.leave_out(row.id, found.get(row.id) or _UNKNOWN)

    async def _record(self, transaction: Transaction, step: ImportStep, result: _Result) -> None:
        written = [*result.inserted, *result.updated]
        result.findings += [(row.id, Outcome.ADAPTED, text) for row in written for text in row.adaptations]
        if written:
            digests = {"ids": [row.id for row in written], "digests": [row.digest for row in written]}
            await transaction.execute(_SQL["record_digests"], {"step": step.name, **digests})
        if result.findings:
            ids, outcomes, reasons = zip(*result.findings, strict=True)
            values = {"ids": list(ids), "outcomes": [str(item) for item in outcomes], "reasons": list(reasons)}
            await transaction.execute(_SQL["insert_findings"], {"import": self.import_id, "step": step.name, **values})
