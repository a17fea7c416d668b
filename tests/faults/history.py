"""Reads all rows of some jobs and lists the contradictions in them: the guarantees of the system as a check."""

import gzip
import hashlib
import json
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg2
from psycopg2.extras import RealDictCursor

from oa_shared.failures import FAILURES
from oa_shared.ids import attempt_prefix
from oa_shared.status import JobStatus

Row = dict[str, Any]
_PUBLISHED, _CHECKED = "data.published", "data.checked"
# Decisions about the result of a job that has already ended.
_DECIDED = ("job.confirmed", "job.rejected", "job.needs_review")
_JOBS = "SELECT job.*, run.live FROM job JOIN run ON run.id = job.run_id WHERE job.id = ANY(%s) ORDER BY job.id"
_ATTEMPTS = "SELECT * FROM job_attempt WHERE job_id = ANY(%s) ORDER BY job_id, attempt"
_EVENTS = "SELECT * FROM job_event WHERE job_id = ANY(%s) ORDER BY id"
_DATA = "SELECT * FROM data WHERE job_id = ANY(%s)"
_PUBLICATIONS = "SELECT * FROM publication WHERE job_id = ANY(%s)"
_DELIVERIES = """
    SELECT webhook_id, (body::jsonb #>> '{data,job}')::bigint AS job_id,
           (body::jsonb #>> '{data,attempt}')::int AS attempt
    FROM webhook_delivery WHERE event = 'data.published' AND (body::jsonb #>> '{data,job}')::bigint = ANY(%s)
"""
_WAITING = "SELECT * FROM outbox WHERE job_id = ANY(%s) AND sent_at IS NULL"
_EVIDENCE = "SELECT * FROM batch_exit WHERE job_id = ANY(%s)"


@dataclass(frozen=True, slots=True)
class History:
    """The rows of some jobs, by table."""

    jobs: list[Row]
    attempts: dict[int, list[Row]]
    events: dict[int, list[Row]]
    data: list[Row]
    publications: dict[int, list[Row]]
    deliveries: dict[int, list[Row]]
    waiting: list[Row]
    evidence: list[Row]

    @classmethod
    def read(cls, database_url: str, jobs: list[int]) -> "History":
        """Read the rows. Raises psycopg2.OperationalError while the database is down."""
        with (
            closing(psycopg2.connect(database_url)) as connection,
            connection.cursor(cursor_factory=RealDictCursor) as cursor,
        ):

            def rows(statement: str) -> list[Row]:
                cursor.execute(statement, (jobs,))
                return [dict(row) for row in cursor.fetchall()]

            return cls(
                jobs=rows(_JOBS),
                attempts=_by_job(rows(_ATTEMPTS)),
                events=_by_job(rows(_EVENTS)),
                data=rows(_DATA),
                publications=_by_job(rows(_PUBLICATIONS)),
                deliveries=_by_job(rows(_DELIVERIES)),
                waiting=rows(_WAITING),
                evidence=rows(_EVIDENCE),
            )

    @property
    def has_ended(self) -> bool:
        """Return whether every job has ended."""
        return all(JobStatus(job["status"]).ended for job in self.jobs)

    def job(self, number: int) -> Row:
        """Return one job."""
        return next(job for job in self.jobs if job["id"] == number)

    def statuses(self) -> list[str]:
        """Return the jobs' statuses in the order of their ids."""
        return [job["status"] for job in self.jobs]

    def problems(self, expected: list[int], storage: Any = None) -> list[str]:
        """Return all contradictions; `storage` returns the bytes of a key, and without it files are not checked."""
        found = [f"job {number} is lost" for number in sorted(set(expected) - {job["id"] for job in self.jobs})]
        for job in self.jobs:
            wrong = [*_life(job), *self._attempts(job), *self._moves(job), *self._publishing(job)]
            if storage and job["status"] in {"Success", "Warn"}:
                wrong += _files(job, storage)
            found += [f"job {job['id']} {problem}" for problem in wrong]
        return found

    def _attempts(self, job: Row) -> list[str]:
        attempts = self.attempts.get(job["id"], [])
        numbers = [attempt["attempt"] for attempt in attempts]
        if numbers != list(range(1, job["attempt"] + 1)):
            return [f"is at attempt {job['attempt']} but has {numbers}"]
        wrong = [f"attempt {a['attempt']} has no end" for a in attempts[:-1] if not JobStatus(a["status"]).ended]
        if len({attempt["token"] for attempt in attempts}) != len(attempts):
            wrong.append("has attempts with the same token")
        last = attempts[-1]
        if (last["status"], last["token"], last["error_code"]) != (job["status"], job["token"], job["error_code"]):
            wrong.append(f"is {job['status']} but its last attempt is {last['status']}")
        return wrong

    def _moves(self, job: Row) -> list[str]:
        """Check that the status of each attempt only rises, and that it ends once, or again after `infra.lost`."""
        wrong = []
        for attempt in self.attempts.get(job["id"], []):
            accepted = [
                e for e in self.events.get(job["id"], []) if e["attempt"] == attempt["attempt"] and e["accepted"]
            ]
            moves = [event["detail"] for event in accepted if event["kind"] not in (_PUBLISHED, _CHECKED, *_DECIDED)]
            ranks = [JobStatus(move["status"]).rank for move in moves]
            lost = [move for move in moves if (move.get("error") or {}).get("code") == "infra.lost"]
            if ranks != sorted(ranks) or ranks.count(9) > 1 + len(lost):
                wrong.append(f"attempt {attempt['attempt']} moved {[move['status'] for move in moves]}")
        return wrong

    def _publishing(self, job: Row) -> list[str]:
        published = Counter(e["attempt"] for e in self.events.get(job["id"], []) if e["kind"] == _PUBLISHED)
        wrong = [f"attempt {attempt} was published {times} times" for attempt, times in published.items() if times > 1]
        current = [row for row in self.data if row["job_id"] == job["id"]]
        if current and not published:
            wrong.append("is in the data but was never published")
        if published and job["status"] != "Success" and job["attempt"] in published:
            wrong.append(f"was published as {job['status']}")
        if current and current[0]["attempt"] == job["attempt"] and current[0]["result"] != job["result"]:
            wrong.append("is published with another result")
        is_kept = job["kept_job"] is not None
        if job["status"] == "Success" and job["live"] and not published and not is_kept and self._is_newest(job):
            wrong.append("succeeded in a live run but was not published")
        return [*wrong, *self._checking(job, set(published)), *self._consequences(job, set(published))]

    def _checking(self, job: Row, published: set[int]) -> list[str]:
        """Check that a job that kept published files has one event about it, and the files of a publication."""
        checked = Counter(e["attempt"] for e in self.events.get(job["id"], []) if e["kind"] == _CHECKED)
        wrong = [f"attempt {attempt} was checked {times} times" for attempt, times in checked.items() if times > 1]
        wrong += [f"attempt {attempt} was checked and published" for attempt in published & set(checked)]
        if job["kept_job"] is None:
            return [*wrong, *(["was checked without files"] if job["attempt"] in checked else [])]
        if job["status"] != "Success" or job["attempt"] not in checked:
            wrong.append(f"kept the files of job {job['kept_job']} as {job['status']}")
        kept = self.publications.get(job["kept_job"])
        if kept is not None and job["kept_attempt"] not in [row["attempt"] for row in kept]:
            wrong.append("kept the files of an attempt that was never published")
        return wrong

    def _consequences(self, job: Row, published: set[int]) -> list[str]:
        """Check that each publication has exactly one row and one delivery for each webhook."""
        rows = [row["attempt"] for row in self.publications.get(job["id"], [])]
        wrong = [] if sorted(rows) == sorted(published) else [f"was published by {published} and has rows for {rows}"]
        deliveries = Counter((row["webhook_id"], row["attempt"]) for row in self.deliveries.get(job["id"], []))
        wrong += [f"has {n} deliveries of attempt {attempt}" for (_, attempt), n in deliveries.items() if n > 1]
        unpublished = {attempt for _, attempt in deliveries} - published
        return [*wrong, *(f"has a delivery of attempt {attempt}, which did not publish" for attempt in unpublished)]

    def _is_newest(self, job: Row) -> bool:
        key = (job["source_name"], job["layer"], job["name"])
        same = [j["id"] for j in self.jobs if (j["source_name"], j["layer"], j["name"]) == key]
        return bool(job["id"] == max(same))


def _life(job: Row) -> list[str]:
    if not JobStatus(job["status"]).ended or job["rank"] != JobStatus.FAIL.rank or job["ended_at"] is None:
        return [f"has not ended: {job['status']}"]
    code = job["error_code"]
    if job["status"] in {"Fail", "Canceled"} and (code not in FAILURES or not job["error_message"]):
        return [f"ended as {job['status']} without a reason: {code}"]
    if job["status"] in {"Success", "Warn"} and (code is not None or job["result"] is None):
        return [f"is {job['status']} with code {code} and result {job['result']}"]
    return []


def _files(job: Row, storage: Any) -> list[str]:
    """Check that the manifest describes every file as it is; an unchanged job has the files of the job that it kept."""
    is_kept = job["kept_job"] is not None
    holder = (job["kept_job"], job["kept_attempt"]) if is_kept else (job["id"], job["attempt"])
    prefix = attempt_prefix(*holder)
    body = storage(prefix + "manifest.json")
    if body is None:
        return ["has no manifest"]
    outputs = json.loads(body)["outputs"]
    wrong = [] if outputs else ["has an empty manifest"]
    for name, about in outputs.items():
        data = storage(prefix + name)
        expected = (about["bytes"], about["sha256"])
        if data is None or (len(data), hashlib.sha256(data).hexdigest()) != expected:
            wrong.append(f"has a {name} that differs from its manifest")
        if is_kept and name not in job["result"]["outputs"]:
            continue
        if job["result"]["outputs"][name]["sha256"] != about["sha256"]:
            wrong.append(f"reports a {name} that differs from its manifest")
    features = gzip.decompress(storage(prefix + "source.geojson.gz") or gzip.compress(b"")).splitlines()
    if len(features) != job["result"]["count"]:
        wrong.append(f"has {len(features)} features and says {job['result']['count']}")
    return wrong


def _by_job(rows: list[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row["job_id"], []).append(row)
    return found
