"""Withdrawals: an admin retires a dataset, deletes the files of a retired one, or restores it.

A retired dataset leaves lists, products and /latest; its files stay at their permanent URLs. A deleted one has no
files: the cleanup deletes the marked ones. New results of neither are published until it is restored.
"""

from enum import StrEnum

from oa_api.datasets.rows import LockedDataset
from oa_api.db.database import Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import ConflictError, NotFoundError
from oa_api.identity import audit_log
from oa_api.identity.principal import Principal
from oa_api.jobs.file_deletion import DATASET_DELETED
from oa_shared.fault_points import fault_point

_SQL = load_queries("datasets.withdrawals")


class OfferState(StrEnum):
    """Whether a dataset is offered; `reopened`: it was deleted, and the next result publishes it."""

    PUBLISHED = "published"
    RETIRED = "retired"
    DELETED = "deleted"
    REOPENED = "reopened"


class DatasetAction(StrEnum):
    """What an admin does to a dataset."""

    RETIRE = "retire"
    DELETE = "delete"
    RESTORE = "restore"


_OUTCOMES = {
    (OfferState.PUBLISHED, DatasetAction.RETIRE): OfferState.RETIRED,
    (OfferState.RETIRED, DatasetAction.RESTORE): OfferState.PUBLISHED,
    (OfferState.RETIRED, DatasetAction.DELETE): OfferState.DELETED,
    (OfferState.DELETED, DatasetAction.RESTORE): OfferState.REOPENED,
    (OfferState.REOPENED, DatasetAction.RETIRE): OfferState.DELETED,
}


def next_state(state: OfferState, action: DatasetAction) -> OfferState | None:
    """Return the state after an action; None if the action does not apply: only a retired dataset can be deleted."""
    return _OUTCOMES.get((state, action))


async def change_state(
    transaction: Transaction, data: int, action: DatasetAction, *, reason: str, by: Principal
) -> OfferState:
    """Apply an action to a dataset, with its entry in the audit log; return the new state.

    Raises NotFoundError, and ConflictError for an action that does not apply or while a product reads the files.
    """
    dataset = await transaction.first(_SQL["lock_dataset"], {"data": data}, into=LockedDataset)
    if dataset is None:
        raise NotFoundError(f"dataset {data} does not exist")
    state = next_state(OfferState(dataset.state), action)
    if state is None:
        raise ConflictError(f"dataset {data} is {_explain_conflict(OfferState(dataset.state), action)}")
    if action is DatasetAction.DELETE:
        await _mark_files(transaction, data)
    values = {"data": data, "state": state, "reason": reason, "actor": by.name}
    await transaction.execute(_SQL["set_state"], values)
    await transaction.execute(_SQL["record_withdrawal"], values)
    detail = {"dataset": f"{dataset.source_name} {dataset.layer} {dataset.name}", "state": state}
    await audit_log.record(
        transaction, by, action=f"data.{action}", subject=f"data/{data}", reason=reason, detail=detail
    )
    fault_point("api.before_commit")
    return state


def _explain_conflict(state: OfferState, action: DatasetAction) -> str:
    """Return why an action does not apply: often another admin has just done the same."""
    if state in {outcome for (_, of_action), outcome in _OUTCOMES.items() if of_action is action}:
        return f"{state} already"
    if state is OfferState.REOPENED:
        return f"{state}: its files are deleted already, and its next result is published"
    return f"{state}: {_HINTS[action]}"


_HINTS = {
    DatasetAction.RETIRE: "only a published dataset can be retired",
    DatasetAction.DELETE: "retire it before deleting its files",
    DatasetAction.RESTORE: "only a retired or deleted dataset can be restored",
}


async def _mark_files(transaction: Transaction, data: int) -> None:
    job = await transaction.first(_SQL["job_reading"], {"data": data}, into=int)
    if job is not None:
        raise ConflictError(f"job {job} reads the files of dataset {data}: try again after it has ended")
    await transaction.execute(_SQL["mark_files"], {"data": data, "rule": DATASET_DELETED})
