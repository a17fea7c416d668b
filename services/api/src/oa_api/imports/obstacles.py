"""What keeps a process from serving: an unfinished import, or IDs that new rows would not exceed."""

from oa_api.db.database import Database
from oa_api.db.query_files import load_queries
from oa_api.imports.rows import OverdueIdentity
from oa_shared.errors import OaError

_SQL = load_queries("imports.obstacles")


class ObstacleError(OaError):
    """The database is not in a state in which the API may serve."""

    code = "import.unfinished"
    title = "The database waits for the end of an import."
    retryable = True


async def find_obstacle(database: Database) -> str:
    """Return why no process may serve on this database, empty if nothing speaks against it.

    A job with an ID below that of the published one never publishes, so IDs above their sequence would lose results
    without a trace.
    """
    unended = await database.first(_SQL["unended_import"], {}, into=str)
    if unended:
        return f"the end of {unended}"
    rows = await database.all(_SQL["overtaken_identities"], into=OverdueIdentity)
    if rows:
        tables = ", ".join(f"{row.name} has ID {row.highest}, the next new one is {row.next}" for row in rows)
        return f"new IDs above the existing ones ({tables}): run `oa-api raise-ids`"
    return ""
