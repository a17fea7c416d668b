"""The admin account of the local stack and its sign-in links."""

import asyncio
from contextlib import suppress

from oa_api.commands.account import AccountSettings, run_account_command
from oa_api.http.errors import ConflictError

LOGIN = "admin"


def sign_in_link(database_url: str, site: str) -> str:
    """Return a link that signs in as the admin once, within 15 minutes; the first call creates the account."""
    settings = AccountSettings(database_url, public_url=site)
    with suppress(ConflictError):
        asyncio.run(run_account_command(settings, ["add", LOGIN, "--role", "admin"]))
    return asyncio.run(run_account_command(settings, ["link", LOGIN]))
