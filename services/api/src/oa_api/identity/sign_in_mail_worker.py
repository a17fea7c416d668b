"""The worker that sends sign-in links and deletes expired credentials."""

import asyncio
import time

from oa_api.background.loop import run_loop
from oa_api.db.database import Database
from oa_api.db.query_files import load_queries
from oa_api.identity.magic_link import send_next_link
from oa_api.mail import Mailer

SIGN_IN_MAIL = "sign_in_mail"
_SQL = load_queries("identity.queries")
_INTERVAL_S = 1.0
_CLEANUP_INTERVAL_S = 30.0
_CLEANUP = (
    "delete_old_requests",
    "delete_expired_links",
    "delete_expired_states",
    "delete_expired_sessions",
    "delete_expired_tokens",
)


async def run_sign_in_mail(database: Database, mailer: Mailer, stop: asyncio.Event, *, site: str) -> None:
    """Run until `stop` is set; `site` is the base URL of links."""
    cleaned_up_at = float("-inf")

    async def work() -> bool:
        nonlocal cleaned_up_at
        if time.monotonic() - cleaned_up_at > _CLEANUP_INTERVAL_S:
            await delete_expired(database)
            cleaned_up_at = time.monotonic()
        return await send_next_link(database, mailer, site=site)

    await run_loop(SIGN_IN_MAIL, work, stop, every_s=_INTERVAL_S)


async def delete_expired(database: Database) -> None:
    """Delete expired links, states, sessions and tokens, and old requests for links."""
    for name in _CLEANUP:
        await database.execute(_SQL[name])
