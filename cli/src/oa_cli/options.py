"""Options that several commands have."""

from collections.abc import Callable

import click

from oa_shared.roles import ACCOUNT_ROLES
from oa_shared.status import LAYERS

LAYER = click.Choice(LAYERS)
ROLE = click.Choice(ACCOUNT_ROLES)
STATUSES = "Comma-separated statuses, like Fail,Warn."
SOURCE = "Only this source; a prefix like us/ca/ selects all below it."
Command = Callable[..., None]

live_option = click.option("--live/--not-live", default=None, help="Only live / only trial runs.")
reason_option = click.option("--reason", default="", help="The reason, for the audit log.")


def limit_option(default: int) -> Callable[[Command], Command]:
    """Return the option --limit of a list."""
    return click.option(
        "--limit", default=default, show_default=True, type=click.IntRange(1, 100), help="Maximum number of items."
    )
