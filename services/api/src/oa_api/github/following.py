"""Following a check until GitHub shows how it ended."""

import asyncio
import hashlib
import json
from dataclasses import asdict

from oa_api.github.report import Report, report
from oa_api.github.runs import PATIENCE_S, start_full_jobs
from oa_api.github.showing import Showing
from oa_api.github.standing import Standing, standing_of
from oa_api.log_lines import as_text
from oa_api.store.database import Database, Row
from oa_api.store.queries import queries
from oa_shared.ids import attempt_prefix
from oa_shared.storage import Storage, StorageUnavailableError

_SQL = queries("github")
_LOG_LINES = 20
_LOGS_SHOWN = 10
_LOG_BYTES = 16 * 1024


class Following:
    """One look at one check: start what is due, and show what is new."""

    def __init__(
        self, database: Database, storage: Storage, showing: Showing, *, public_url: str, patience_s: float = PATIENCE_S
    ) -> None:
        self._database = database
        self._storage = storage
        self._showing = showing
        self._public_url = public_url
        self._patience_s = patience_s

    async def look(self, check: Row, *, again_s: float) -> bool:
        """Start full jobs that are due, show the check if it changed, and return whether it did. Raises GitHubError.

        It is looked at again after `again_s` seconds, unless its end is shown.
        """
        await self._database.run(lambda t: start_full_jobs(t, check["id"], patience_s=self._patience_s))
        rows = await self._database.all(_SQL["entries_of_check"], await self._runs(check))
        standing = standing_of(check, rows)
        plain = report(standing, public_url=self._public_url, logs={})
        digest = _digest(plain)
        is_new = bool(digest != check["shown"])
        if is_new:
            logs = await self._logs(standing)
            await self._showing.show(check, report(standing, public_url=self._public_url, logs=logs))
        values = {"check": check["id"], "round": check["round"], "state": check["state"]}
        values |= {"shown": digest, "is_settled": plain.is_final, "delay_s": again_s}
        await self._database.execute(_SQL["note_shown"], values)
        return is_new

    async def _runs(self, check: Row) -> Row:
        """Return the check with the run of full jobs that may just have been made."""
        now = await self._database.first(_SQL["runs_of_check"], {"check": check["id"]}) or {}
        check.update(now)
        return check

    async def _logs(self, standing: Standing) -> dict[int, str]:
        """Return the last lines of the first jobs that failed; a log that cannot be had is left out."""
        failed = [entry.latest for entry in standing.entries if entry.failed][:_LOGS_SHOWN]
        found = await asyncio.gather(*(self._log(each.job, each.attempt) for each in failed))
        return {each.job: text for each, text in zip(failed, found, strict=True) if text}

    async def _log(self, job: int, attempt: int) -> str:
        key = attempt_prefix(job, attempt) + "log.jsonl"
        try:
            there = await self._storage.head(key)
            if there is None or not there.size_bytes:
                return ""
            start = max(0, there.size_bytes - _LOG_BYTES)
            body = b"".join([chunk async for chunk in self._storage.stream(key, start)])
        except StorageUnavailableError:
            return ""
        lines = body.decode("utf-8", "replace").splitlines()[1 if start else 0 :]
        return as_text("\n".join(lines[-_LOG_LINES:]))


def _digest(shown: Report) -> str:
    return hashlib.sha256(json.dumps(asdict(shown)).encode()).hexdigest()
