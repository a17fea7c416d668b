"""Making live what reached the default branch: the jobs of pull requests where they tried the same, or new ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oa_api.db.database import Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.identity import audit_log
from oa_api.jobs.planning import PlannedJob
from oa_api.jobs.publishing import publish_run
from oa_api.pull_requests.runs import GITHUB, create_run

_SQL = load_queries("pull_requests.queries")
_WITHOUT_DATA = frozenset({"Fail", "Cancelled"})
Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class MergePlan:
    """Which runs become live, and which entries are run anew."""

    runs: list[int]
    anew: list[PlannedJob]


async def publish_merge(transaction: Transaction, planned: Sequence[PlannedJob], about: Mapping[str, Any]) -> str:
    """Make entries live as `planned`, once, whoever asks how often; return what was done.

    An entry is there already when its newest live job is of the same definition. `about` has `repository`, `sha`, and
    for a merge `pull` and `head_sha`.
    """
    await transaction.execute(_SQL["lock_landing"], {"repository": about["repository"]})
    wanted, published = await _not_live(transaction, planned)
    tried = await _tried(transaction, wanted, about) if wanted else []
    landing = plan(wanted, published, tried)
    for run in landing.runs:
        await _make_live(transaction, run)
    started = {key: about[key] for key in ("repository", "pull", "sha")}
    live_run = await create_run(transaction, started, landing.anew, live=True) if landing.anew else None
    await transaction.execute(_SQL["merge_checks"], {**about, "runs": landing.runs, "live_run": live_run})
    return f"runs made live: {landing.runs or 'none'}; entries run anew: {len(landing.anew)} (run {live_run or '-'})"


def plan(wanted: Sequence[PlannedJob], published: Mapping[Key, int], tried: Sequence[Row]) -> MergePlan:
    """Decide which of the runs that tried these definitions can be made live; the newest come first.

    A run can if it holds nothing else that would be published, and nothing newer is published already (a run in
    between made data of the definition before). What failed there is run anew.
    """
    open_keys = {_key(job): job for job in wanted}
    runs: list[int] = []
    for run, jobs in _by_run(tried).items():
        good = [row for row in jobs if row["status"] not in _WITHOUT_DATA]
        if good and all(_fits(row, open_keys, published) for row in good):
            runs.append(run)
            for row in good:
                open_keys.pop(_row_key(row))
    return MergePlan(runs, list(open_keys.values()))


def _fits(row: Row, open_keys: Mapping[Key, PlannedJob], published: Mapping[Key, int]) -> bool:
    key = _row_key(row)
    return key in open_keys and published.get(key, 0) < row["job"]


def _by_run(rows: Sequence[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row["run"], []).append(row)
    return found


def _key(job: PlannedJob) -> Key:
    return job.source_name, job.layer, job.name, job.sha256


def _row_key(row: Row) -> Key:
    return row["source_name"], row["layer"], row["name"], row["sha256"]


async def _not_live(transaction: Transaction, planned: Sequence[PlannedJob]) -> tuple[list[PlannedJob], dict[Key, int]]:
    """Return the entries whose newest live job is of another definition, and the job that is published of each."""
    columns = {name: [getattr(job, name) for job in planned] for name in ("source_name", "layer", "name")}
    rows = await transaction.all(_SQL["wanted"], columns)
    missing = [row for row in rows if row["live_sha256"] != planned[row["place"]].sha256]
    published = {_key(planned[row["place"]]): row["published"] for row in missing if row["published"] is not None}
    return [planned[row["place"]] for row in missing], published


async def _tried(transaction: Transaction, wanted: Sequence[PlannedJob], about: Mapping[str, Any]) -> list[Row]:
    values = {"sha256": sorted({job.sha256 for job in wanted}), "repository": about["repository"]}
    return await transaction.all(_SQL["tried"], values)


async def _make_live(transaction: Transaction, run: int) -> None:
    if await transaction.execute(_SQL["make_live"], {"run": run}):
        await audit_log.record(transaction, GITHUB, action="run.change", subject=f"run/{run}", detail={"live": True})
        await publish_run(transaction, run)
