"""Following a check until GitHub shows how it ended."""

import hashlib
import json
from dataclasses import asdict

from oa_api.db.database import Database, Row
from oa_api.db.query_files import load_queries
from oa_api.pull_requests.check_publisher import CheckPublisher
from oa_api.pull_requests.check_state import standing_of
from oa_api.pull_requests.excerpts import Excerpts, quoted
from oa_api.pull_requests.report import Report, report
from oa_api.pull_requests.runs import PATIENCE_S, start_full_jobs
from oa_shared.storage import Storage

_SQL = load_queries("pull_requests.queries")
_REST = 3


class CheckWatcher:
    """One look at one check: start what is due, and show what is new."""

    def __init__(
        self,
        database: Database,
        storage: Storage,
        showing: CheckPublisher,
        *,
        public_url: str,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._database = database
        self._storage = storage
        self._showing = showing
        self._public_url = public_url
        self._patience_s = patience_s

    async def look(self, check: Row, *, again_s: float) -> bool:
        """Start full jobs that are due, show the check if it changed, and return whether it did. Raises GitHubError.

        It is looked at again after `again_s` seconds, and a few times as many after GitHub was written to, since that
        is limited; not at all when its end is shown.
        """
        await self._database.run(lambda t: start_full_jobs(t, check["id"], patience_s=self._patience_s))
        rows = await self._database.all(_SQL["entries_of_check"], await self._runs(check))
        standing = standing_of(check, rows)
        plain = report(standing, public_url=self._public_url, quotes=Excerpts())
        digest = _digest(plain)
        is_new = bool(digest != check["shown"])
        if is_new:
            quotes = await quoted(standing, self._storage)
            await self._showing.show(check, report(standing, public_url=self._public_url, quotes=quotes))
        values = {"check": check["id"], "round": check["round"], "state": check["state"]}
        values |= {"shown": digest, "is_settled": plain.is_final, "delay_s": again_s * (_REST if is_new else 1)}
        await self._database.execute(_SQL["record_shown"], values)
        return is_new

    async def _runs(self, check: Row) -> Row:
        """Return the check with the run of full jobs that may just have been made."""
        now = await self._database.first(_SQL["runs_of_check"], {"check": check["id"]}) or {}
        check.update(now)
        return check


def _digest(shown: Report) -> str:
    return hashlib.sha256(json.dumps(asdict(shown)).encode()).hexdigest()
