"""The duty that answers requests for a link by mail, and forgets sign-ins that are over."""

import asyncio
import time

from oa_api.background.heartbeat import record_heartbeat
from oa_api.background.loop import run_loop
from oa_api.db.database import Database
from oa_api.db.query_files import load_queries
from oa_api.identity import magic_link
from oa_api.mail import Mailer

SIGN_IN_MAIL = "sign_in_mail"
_SQL = load_queries("identity.queries")
_EVERY_S = 1.0
_TIDY_EVERY_S = 30.0
_DELETIONS = (
    "delete_old_requests",
    "delete_expired_links",
    "delete_expired_states",
    "delete_expired_sessions",
    "delete_expired_tokens",
)


async def run_sign_in_mail(database: Database, mailer: Mailer, stop: asyncio.Event, *, site: str) -> None:
    """Work until `stop` is set; `site` is where the links lead."""
    tidied_at = float("-inf")

    async def work() -> bool:
        nonlocal tidied_at
        if time.monotonic() - tidied_at > _TIDY_EVERY_S:
            await forget(database)
            await record_heartbeat(database, SIGN_IN_MAIL)
            tidied_at = time.monotonic()
        return await magic_link.answer_next(database, mailer, site=site)

    await run_loop(SIGN_IN_MAIL, work, stop, every_s=_EVERY_S)


async def forget(database: Database) -> None:
    """Remove what has expired."""
    for name in _DELETIONS:
        await database.execute(_SQL[name])
