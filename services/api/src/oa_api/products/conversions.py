"""Conversions: a published result in a format that is written on request, once for each publication, and kept with it.

Anyone may request one. So a conversion of a publication and format is started once, of published datasets up to a size,
and a limited number are written at the same time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import quote

from oa_api.db.database import Database, Transaction
from oa_api.db.query_files import load_queries
from oa_api.http.errors import BusyError, ConflictError, GoneError, NotFoundError
from oa_api.identity import audit_log
from oa_api.identity.principal import SYSTEM, Principal
from oa_api.jobs.output_files import output_files
from oa_api.products.builds import Product, Requester, render_plan, start_jobs
from oa_api.products.input_rows import ConversionRow, ConvertibleRow
from oa_api.products.selection import product_input
from oa_shared.job_kinds import JobKind
from oa_shared.json_types import JsonMapping
from oa_shared.licenses import normalize_license
from oa_shared.product_plans import ProductInput, ProductPlan
from oa_shared.products import EXPORT_FILES, ProductFormat
from oa_shared.roles import Role
from oa_shared.status import JobStatus
from oa_shared.value_text import plural

_SQL = load_queries("products.conversions")
# The file below /latest that each format has.
CONVERTED_FILES = {ProductFormat.CSV: "source.csv.gz", ProductFormat.GPKG: "source.gpkg"}
_RETRY_AFTER = timedelta(minutes=10)
_USUAL_S = 60.0
_LEAST_WAIT_S = 5
_PARQUET = "source.parquet"
# The runs of conversions belong to the system: no other visitor may end or rerun them.
_SYSTEM = Principal("system", None, SYSTEM, Role.SERVICE)


@dataclass(frozen=True, slots=True)
class ConversionLimits:
    """The features of the largest dataset that is converted, and how many conversions are written at the same time."""

    features: int
    at_once: int


class ConversionState(StrEnum):
    """Whether the file of a conversion exists, and if not, what comes next."""

    AVAILABLE = "available"
    PREPARING = "preparing"
    READY = "ready"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversion:
    """A format of a publication: its file if it is ready; otherwise why not, and in how many seconds to ask again.

    `is_startable` is true if a request would start a job now.
    """

    format: ProductFormat
    state: ConversionState
    job: int | None = None
    url: str | None = None
    size_bytes: int | None = None
    sha256: str | None = None
    key: str | None = None
    reason: str | None = None
    wait_s: int | None = None

    @property
    def file(self) -> str:
        """Return the name of the file below /latest."""
        return CONVERTED_FILES[self.format]

    @property
    def is_startable(self) -> bool:
        """Return whether a request would start a job now."""
        is_over = self.state is ConversionState.FAILED and not self.wait_s
        return is_over or self.state is ConversionState.AVAILABLE


def format_of_file(file: str) -> ProductFormat | None:
    """Return the format that has this file below /latest; None for a file of the result itself."""
    return next((format_ for format_, name in CONVERTED_FILES.items() if name == file), None)


async def list_conversions(
    database: Database, data: int, result: JsonMapping | None, limits: ConversionLimits
) -> list[Conversion]:
    """Return the conversions of the published result of a dataset, one for each format."""
    publication = await database.first(_SQL["publication_of_dataset"], {"data": data}, into=int)
    rows = await _read_rows(database, [publication] if publication is not None else [])
    usual_s = await database.first(_SQL["usual_seconds"], into=float) if rows else None
    refusal = _why_refused(result, limits)
    by_format = {row.format: row for row in rows}
    return [
        describe_conversion(format_, by_format.get(format_), refusal=refusal, usual_s=usual_s)
        for format_ in CONVERTED_FILES
    ]


async def list_ready(database: Database, publications: Sequence[int]) -> dict[int, list[Conversion]]:
    """Return the conversions of publications that have a file, by publication."""
    ready: dict[int, list[Conversion]] = {}
    for row in await _read_rows(database, publications):
        conversion = describe_conversion(ProductFormat(row.format), row)
        if conversion.state is ConversionState.READY:
            ready.setdefault(row.publication, []).append(conversion)
    return ready


async def start_conversion(
    database: Database, data: int, format_: ProductFormat, by: Principal, *, limits: ConversionLimits, traceparent: str
) -> None:
    """Start the job of a conversion unless one runs or its file exists.

    Raises NotFoundError, GoneError for a dataset that is not published, ConflictError for one that is too large, that
    has no file to convert or whose conversion failed a moment ago, and BusyError if too many are being written.
    """

    async def work(transaction: Transaction) -> None:
        await transaction.execute(_SQL["lock_conversions"])
        source = await transaction.first(_SQL["convertible"], {"data": data}, into=ConvertibleRow)
        if source is None:
            raise NotFoundError(f"dataset {data} does not exist")
        if source.state != "published":
            raise GoneError(f"dataset {data} is {source.state}: it is not converted")
        rows = await _read_rows(transaction, [source.publication])
        row = next((row for row in rows if row.format == format_), None)
        conversion = describe_conversion(format_, row)
        if conversion.state is ConversionState.FAILED and conversion.wait_s:
            raise ConflictError(f"{conversion.reason}; try again in {conversion.wait_s} s")
        if conversion.is_startable:
            await _start(transaction, source, format_, by, limits=limits, traceparent=traceparent, data=data)

    await database.run(work)


def describe_conversion(
    format_: ProductFormat, row: ConversionRow | None, *, refusal: str | None = None, usual_s: float | None = None
) -> Conversion:
    """Return the state of a conversion; `refusal` is why none is started, `usual_s` how long others took."""
    if row is None:
        state = ConversionState.AVAILABLE if refusal is None else ConversionState.REFUSED
        return Conversion(format=format_, state=state, reason=refusal)
    output = output_files(row.result).get(EXPORT_FILES[format_])
    if row.attempt is not None and output is not None and output.key is not None:
        if row.is_deleted:
            return Conversion(format=format_, state=ConversionState.REFUSED, reason="the file is deleted")
        return Conversion(
            format=format_,
            state=ConversionState.READY,
            job=row.job,
            url=f"/api/job/{row.job}/output/{quote(EXPORT_FILES[format_])}?attempt={row.attempt}",
            size_bytes=output.size_bytes,
            sha256=output.sha256 or None,
            key=output.key,
        )
    if JobStatus(row.status).rank < JobStatus.FAIL.rank:
        passed_s = (datetime.now(UTC) - row.started_at).total_seconds()
        wait_s = max(_LEAST_WAIT_S, round((usual_s or _USUAL_S) - passed_s))
        return Conversion(format=format_, state=ConversionState.PREPARING, job=row.job, wait_s=wait_s)
    again_at = (row.ended_at or row.started_at) + _RETRY_AFTER
    return Conversion(
        format=format_,
        state=ConversionState.FAILED,
        job=row.job,
        reason=f"job {row.job} did not write the file: {row.error_message or row.error_code or row.status.lower()}",
        wait_s=max(0, round((again_at - datetime.now(UTC)).total_seconds())),
    )


async def _read_rows(reader: Database | Transaction, publications: Sequence[int]) -> list[ConversionRow]:
    return await reader.all(_SQL["of_publications"], {"publications": list(publications)}, into=ConversionRow)


def _why_refused(result: JsonMapping | None, limits: ConversionLimits) -> str | None:
    count = (result or {}).get("count")
    if _PARQUET not in output_files(result):
        return f"the result has no {_PARQUET} to convert"
    return _why_too_large(count if isinstance(count, int) else 0, limits)


def _why_too_large(features: int, limits: ConversionLimits) -> str | None:
    if features <= limits.features:
        return None
    return f"{features:,} features exceed the limit of {limits.features:,}: use {_PARQUET}"


async def _start(
    transaction: Transaction,
    source: ConvertibleRow,
    format_: ProductFormat,
    by: Principal,
    *,
    limits: ConversionLimits,
    traceparent: str,
    data: int,
) -> None:
    item = product_input(source, normalize_license(source.license))
    if item is None:
        raise ConflictError(f"the result has no {_PARQUET} to convert")
    if refusal := _why_too_large(item.count, limits):
        raise ConflictError(refusal)
    running = await transaction.first(_SQL["unended"], into=int) or 0
    if running >= limits.at_once:
        raise BusyError(
            f"{plural(running, 'file is', 'files are')} being prepared, which is the limit: try again in a minute"
        )
    product = Product(f"publication-{source.publication}-{format_}", await render_plan(_plan(source, item, format_)))
    (job,) = await start_jobs(transaction, [product], Requester(_SYSTEM, traceparent=traceparent))
    values: Mapping[str, object] = {"publication": source.publication, "format": format_, "job": job}
    await transaction.execute(_SQL["insert_conversion"], values)
    detail = {**values, "made_by_job": job}
    await audit_log.record(transaction, by, action="conversion.start", subject=f"data/{data}", detail=detail)


def _plan(source: ConvertibleRow, item: ProductInput, format_: ProductFormat) -> ProductPlan:
    title = f"{source.source_name} {source.layer} {source.name} (job {source.job})"
    return ProductPlan(kind=JobKind.EXPORT, title=title, formats=(format_,), inputs=(item,), layer=source.layer)
