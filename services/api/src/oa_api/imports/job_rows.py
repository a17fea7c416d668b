"""Jobs of openaddresses/batch in the form of this system."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from oa_api.imports.account_rows import UNKNOWN_TIME
from oa_api.imports.definitions import JobDefinition
from oa_api.imports.findings import ConvertedRow, NotImportableError
from oa_api.imports.polygons import polygon_extent
from oa_api.imports.rows import TheirJob
from oa_shared.carriers import clean_text, why_not_name
from oa_shared.ids import new_token
from oa_shared.imported_files import imported_key
from oa_shared.json_types import JsonMapping, JsonObject
from oa_shared.licenses import License
from oa_shared.status import LAYERS, JobStatus

FAILED_THERE = "operator.failed_before_import"
_FILES = {
    "cache": "cache.zip",
    "output": "source.geojson.gz",
    "validated": "validated.geojson.gz",
    "preview": "source.png",
    "pmtiles": "source.pmtiles",
}
"""The files of a job by their flags in `output`."""
_ENDED = {status: status for status in (JobStatus.SUCCESS, JobStatus.WARN, JobStatus.FAIL)}
_UNENDED = frozenset({"Pending", "Running"})
_MAX_COUNT = 2**53
_MAX_MESSAGE = 2000
_SOURCE = re.compile(r"\A.*sources/")


@dataclass(frozen=True, slots=True)
class FilePlace:
    """Where the files of the other system are: a bucket, and the folder of the stack in it."""

    bucket: str
    folder: str

    def key_of(self, job: int, file: str) -> str:
        """Return the key of a file of a job."""
        return imported_key(self.bucket, f"{self.folder}/job/{job}/{file}")


def source_name_of(job: TheirJob) -> str:
    """Return the name of the source of a job, from its URL if it has none; empty without both."""
    return job.source_name or _SOURCE.sub("", job.source or "").removesuffix(".json")


def convert_job(job: TheirJob, definition: JobDefinition, place: FilePlace) -> ConvertedRow:
    """Return a job with its result. Raises NotImportableError."""
    source_name, layer, name = source_name_of(job), job.layer, job.name
    if job.run is None:
        raise NotImportableError("it has no run")
    if layer not in LAYERS:
        raise NotImportableError(f"the layer {str(layer)[:80]!r} is not one of {', '.join(LAYERS)}")
    for what, value in (("source", source_name), ("name", name or "")):
        if reason := "empty" if not value else why_not_name(value):
            raise NotImportableError(f"the {what} {value[:80]!r} is not usable as a name: {reason}")
    adaptations = list(definition.adaptations)
    if job.created_at is None:
        adaptations.append("it has no time of creation: 1970-01-01")
    status = _status(job, adaptations)
    message = clean_text("; ".join(job.messages))[:_MAX_MESSAGE]
    has_failed = status is JobStatus.FAIL
    created_at = (job.created_at or UNKNOWN_TIME).isoformat()
    values: JsonObject = {
        "run_id": job.run,
        "source_name": source_name,
        "source_url": job.source,
        "source_sha256": definition.sha256,
        "layer": layer,
        "name": name,
        "host": definition.host,
        "tier": definition.tier,
        "status": status,
        "created_at": created_at,
        "ended_at": created_at,
        "error_code": FAILED_THERE if has_failed else None,
        "error_message": (message or "the job failed in openaddresses/batch; its log is not imported")
        if has_failed
        else None,
        "review": [clean_text(text)[:_MAX_MESSAGE] for text in job.messages] if status is JobStatus.WARN else [],
        "result": None
        if status in {JobStatus.FAIL, JobStatus.CANCELED}
        else _result(job, place, definition.license, adaptations),
    }
    return ConvertedRow(job.id, values, adaptations, once={"token": new_token()})


def _status(job: TheirJob, adaptations: list[str]) -> JobStatus:
    """Return the status: a job that has not ended there ends here, because no container of this system runs it."""
    if job.status in _ENDED:
        return _ENDED[JobStatus(job.status)]
    if job.status not in _UNENDED:
        raise NotImportableError(f"the status {str(job.status)[:40]!r} is unknown")
    adaptations.append(f"it is {job.status} there and Canceled here; a later import updates it")
    return JobStatus.CANCELED


def _result(job: TheirJob, place: FilePlace, license_: License | None, adaptations: list[str]) -> JsonObject:
    """Return the counts and files of a job, in the form of `oa_shared.job_result`."""
    stats = job.stats if isinstance(job.stats, Mapping) else {}
    validity = _mapping(stats.get("validity"))
    flags = job.output if isinstance(job.output, Mapping) else {}
    outputs: JsonObject = {
        file: {"key": place.key_of(job.id, file)} for flag, file in _FILES.items() if _is_set(flags, flag)
    }
    source = outputs.get(_FILES["output"])
    if isinstance(source, dict) and job.size is not None and 0 <= job.size <= _MAX_COUNT:
        source["bytes"] = job.size
    result: JsonObject = {
        "count": _count(job.count),
        "valid": _count(validity.get("valid")) if job.layer == "addresses" else None,
        "bounds": _bounds(job, adaptations),
        "fields": _counts(stats.get("counts")),
        "invalid": _counts(validity.get("failures")),
        "outputs": outputs,
        "imported": {
            "version": clean_text(job.version or "")[:40] or None,
            "log_stream": clean_text(job.loglink or "")[:500] or None,
            "license": license_.as_json() if license_ else None,
        },
    }
    return {name: value for name, value in result.items() if value is not None}


def _bounds(job: TheirJob, adaptations: list[str]) -> list[float] | None:
    if not job.bounds:
        return None
    try:
        return polygon_extent(job.bounds)
    except ValueError as error:
        adaptations.append(f"{error}: the result has none")
        return None


def _is_set(flags: JsonMapping, name: str) -> bool:
    """Return whether a flag is true; early versions stored texts."""
    return flags.get(name) in {True, "true"} if isinstance(flags.get(name), bool | str) else False


def _mapping(value: object) -> JsonMapping:
    return value if isinstance(value, Mapping) else {}


def _count(value: object) -> int | None:
    """Return a count, None for anything else."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_COUNT
    return value if is_count and isinstance(value, int) else None


def _counts(value: object) -> JsonObject:
    counts = {clean_text(str(name))[:100]: _count(count) for name, count in _mapping(value).items()}
    return {name: count for name, count in counts.items() if count is not None}


def stated_license(job: TheirJob) -> object:
    """Return the license that a job states, decoded; None if it states none or no JSON."""
    try:
        stated: object = json.loads(job.license or "null")
    except (ValueError, RecursionError):
        return None
    return stated if isinstance(stated, dict) else None
