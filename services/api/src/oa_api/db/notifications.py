"""A connection that only listens: NOTIFY wakes waiting readers."""

from collections.abc import Callable
from typing import NoReturn

from oa_api.db.database import KEEPALIVE
from oa_api.db.driver import connect
from oa_api.db.error_translation import translate_errors
from oa_api.db.login import DatabaseLogin

_TIMEOUT_S = 10.0


async def listen(login: DatabaseLogin, statement: str, on_notification: Callable[[], None]) -> NoReturn:
    """Call `on_notification` once when listening starts and for each notification, until canceled.

    Raises StoreUnavailableError when the connection breaks.
    """
    with translate_errors():
        async with await connect(
            login, timeout=_TIMEOUT_S, application_name="oa-api-events", **KEEPALIVE
        ) as connection:
            async with connection.cursor() as cursor:
                await cursor.execute(statement)
            while True:
                on_notification()
                await connection.notifies.get()
