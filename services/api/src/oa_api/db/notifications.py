"""One connection that only hears: NOTIFY wakes who waits for rows of others."""

from collections.abc import Callable
from typing import NoReturn

import aiopg

from oa_api.db.database import KEEPALIVE
from oa_api.db.error_translation import translate_errors

_ANSWER_S = 10.0


async def listen(url: str, statement: str, heard: Callable[[], None]) -> NoReturn:
    """Call `heard` once when listening has begun and at each notification, until cancelled.

    Raises StoreUnavailableError when the connection is lost.
    """
    with translate_errors():
        connecting = aiopg.connect(
            url,
            timeout=_ANSWER_S,
            enable_hstore=False,
            enable_uuid=False,
            application_name="oa-api-events",
            **KEEPALIVE,
        )
        async with connecting as connection:
            async with connection.cursor() as cursor:
                await cursor.execute(statement)
            while True:
                heard()
                await connection.notifies.get()
