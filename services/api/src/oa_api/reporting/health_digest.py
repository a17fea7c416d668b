"""The health digest: the datasets that broke or were fixed since the previous one, as data, text and HTML."""

from dataclasses import asdict, dataclass
from datetime import datetime

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.reporting.rows import ChangeCounts, HealthChange
from oa_api.reporting.source_health import GridFilter, StateCounts, count_groups
from oa_api.ui.formatting import code_spans, present
from oa_shared.definition_places import describe_places
from oa_shared.json_types import JsonObject

_SQL = load_queries("reporting.health_digest")
_MAX_CHANGES = 500
_ENVIRONMENT = Environment(
    loader=PackageLoader("oa_api"),
    autoescape=select_autoescape(enabled_extensions=("html",), default=False),
    undefined=StrictUndefined,
    finalize=present,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_ENVIRONMENT.filters["code_spans"] = code_spans
_ENVIRONMENT.filters["name_places"] = describe_places
# Loaded at import: a request must not wait for the disk.
_TEXT, _HTML = _ENVIRONMENT.get_template("reporting/digest.txt"), _ENVIRONMENT.get_template("reporting/digest.html")


@dataclass(frozen=True, slots=True)
class DigestPeriod:
    """What a digest covers: the changes that are assigned to a schedule run, up to a time."""

    schedule_run: int
    period: str
    until: datetime


@dataclass(frozen=True, slots=True)
class HealthDigest:
    """The changes of a period, at most 500 of them, and the number of datasets in each state now."""

    period: str
    until: datetime
    broke: list[HealthChange]
    fixed: list[HealthChange]
    acknowledged: list[HealthChange]
    counts: ChangeCounts
    states: StateCounts

    @property
    def subject(self) -> str:
        """Return the summary in one line."""
        return f"OpenAddresses {self.period}: {self.counts.broke:,} newly failed, {self.counts.fixed:,} fixed"


async def assign_changes(transaction: Transaction, schedule_run: int) -> None:
    """Assign all changes without a digest to that of a schedule run, which then always has the same ones."""
    await transaction.execute(_SQL["assign_changes"], {"schedule_run": schedule_run})


async def read_digest(database: Database, period: DigestPeriod, *, stale_days: int) -> HealthDigest:
    """Return the digest of a period, with the current states."""
    values = {"schedule_run": period.schedule_run, "limit": _MAX_CHANGES}
    changes = await database.all(_SQL["changes"], values, into=HealthChange)
    (counts,) = await database.all(_SQL["counts"], values, into=ChangeCounts)
    groups = await count_groups(database, GridFilter(stale_days))
    return HealthDigest(
        period=period.period,
        until=period.until,
        broke=[change for change in changes if change.kind == "broke" and change.acknowledged_by is None],
        fixed=[change for change in changes if change.kind == "fixed"],
        acknowledged=[change for change in changes if change.acknowledged_by is not None],
        counts=counts,
        states=groups.total,
    )


def as_text(digest: HealthDigest, site: str) -> str:
    """Return a digest as the text of a mail; `site` is the URL of the pages."""
    return _TEXT.render(digest=digest, site=site)


def as_html(digest: HealthDigest, site: str) -> str:
    """Return a digest as a standalone page."""
    return _HTML.render(digest=digest, site=site)


def as_json(digest: HealthDigest) -> JsonObject:
    """Return a digest as webhooks receive it; times are datetimes."""
    return asdict(digest)
