"""The digest: what newly broke and what was newly mended since the one before, as data, as text and as HTML."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from oa_api.db.database import Database, Row, Transaction
from oa_api.db.query_files import load_queries
from oa_api.reporting.source_health import GridFilter, read_groups

_SQL = load_queries("reporting.health_digest")
_TOLD = 500
_ENVIRONMENT = Environment(
    loader=PackageLoader("oa_api"),
    autoescape=select_autoescape(enabled_extensions=("html",), default=False),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
# Read now: a request must not wait for a disk.
_TEXT, _HTML = _ENVIRONMENT.get_template("reporting/digest.txt"), _ENVIRONMENT.get_template("reporting/digest.html")


@dataclass(frozen=True, slots=True)
class Report:
    """What changed up to a moment, and how many datasets stand how now; at most 500 changes are named."""

    period: str
    until: datetime
    broke: list[Row]
    fixed: list[Row]
    counts: dict[str, int]
    states: dict[str, int]

    @property
    def subject(self) -> str:
        """Return it in one line."""
        return f"OpenAddresses {self.period}: {self.counts['broke']:,} broke, {self.counts['fixed']:,} fixed"


async def claim(transaction: Transaction, schedule_run: int) -> None:
    """Make all changes that nobody was told of those of a fire, which then always tells the same."""
    await transaction.execute(_SQL["claim"], {"schedule_run": schedule_run})


async def read(database: Database, schedule_run: Row, *, stale_days: int) -> Report:
    """Return the report of a fire, with the states of the present."""
    changes = await database.all(_SQL["changes"], {"schedule_run": schedule_run["id"], "limit": _TOLD})
    counts = await database.first(_SQL["counts"], {"schedule_run": schedule_run["id"]}) or {}
    groups = await read_groups(database, GridFilter(stale_days))
    return Report(
        period=schedule_run["period"],
        until=schedule_run["started_at"] or schedule_run["triggered_at"],
        broke=[change for change in changes if change["kind"] == "broke"],
        fixed=[change for change in changes if change["kind"] == "fixed"],
        counts=dict(counts),
        states=groups.total,
    )


def as_text(report: Report, site: str) -> str:
    """Return a report for people's mail."""
    return _TEXT.render(report=report, site=site)


def as_html(report: Report, site: str) -> str:
    """Return a report as a small page by itself."""
    return _HTML.render(report=report, site=site)


def as_json(report: Report) -> dict[str, Any]:
    """Return a report as the API and webhooks tell it."""
    return {
        "period": report.period,
        "until": report.until,
        "broke": report.broke,
        "fixed": report.fixed,
        "counts": report.counts,
        "states": report.states,
    }
