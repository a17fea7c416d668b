"""Redriving and discarding dead letters for an operator, recorded in the audit log beforehand."""

from collections.abc import Mapping
from typing import assert_never

from oa_api.db.database import Database
from oa_api.dead_letters.dead_letter import DeadLetterFilter, read_dead_letter
from oa_api.dead_letters.dead_letters import RedriveResult, discard, redrive
from oa_api.dead_letters.requests import DeadLetterAction, DeadLetterCommand
from oa_api.http.app_keys import QueuePair
from oa_api.http.errors import NotFoundError
from oa_api.identity import audit_log
from oa_api.identity.principal import Principal
from oa_shared.queue import Queue, ReceivedMessage

_MAX_RECORDED = 100


async def act_on_dead_letters(
    database: Database,
    queues: Mapping[str, QueuePair],
    name: str,
    action: DeadLetterAction,
    command: DeadLetterCommand,
    *,
    by: Principal,
) -> tuple[RedriveResult, int]:
    """Redrive or discard dead letters of a queue; return the result and about how many remain.

    Raises NotFoundError.
    """
    pair, dead = find_queue(queues, name)
    dead_letter_filter = DeadLetterFilter.of_command(command)

    async def before(messages: list[ReceivedMessage]) -> None:
        await _record(database, name, action, messages, reason=command.reason, by=by)

    match action:
        case DeadLetterAction.REDRIVE:
            result = await redrive(pair, dead, dead_letter_filter, before=before)
        case DeadLetterAction.DISCARD:
            result = await discard(dead, dead_letter_filter, before=before)
        case _:
            assert_never(action)
    return result, (await dead.depth()).visible


def find_queue(queues: Mapping[str, QueuePair], name: str) -> tuple[QueuePair, Queue]:
    """Return a queue with its dead-letter queue. Raises NotFoundError."""
    pair = queues.get(name)
    if pair is None:
        raise NotFoundError(f"queue {name[:40]!r} does not exist: use {' or '.join(queues)}")
    if pair.dead is None:
        raise NotFoundError(f"queue {name} has no dead-letter queue: set OA_{name.upper()}_DLQ_URL")
    return pair, pair.dead


async def _record(
    database: Database,
    queue: str,
    action: DeadLetterAction,
    messages: list[ReceivedMessage],
    *,
    reason: str,
    by: Principal,
) -> None:
    """Write the audit entry first, so that no action goes unrecorded."""
    recorded = [read_dead_letter(message) for message in messages[:_MAX_RECORDED]]
    named = [{"id": each.id, "kind": each.kind, "job": each.job, "reason": each.reason} for each in recorded]
    detail = {"letters": len(messages), "named": named}
    await database.run(
        lambda transaction: audit_log.record(
            transaction, by, action=f"queue.{action}", subject=f"queue/{queue}", reason=reason, detail=detail
        )
    )
