"""The manifest: a description of the files of a result, written last."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from oa_shared.json_types import JsonMapping, JsonObject
from oa_shared.licenses import credit_of, normalize_license
from oa_task.definition.task_entry import TaskEntry
from oa_task.download.downloaded_file import DownloadedFile
from oa_task.results.checksums import FileFacts, file_facts
from oa_task.results.files import DEFINITION_FILE, LOG_FILE, MANIFEST_FILE, PLAN_FILE, SOURCE_FILE


@dataclass(frozen=True, slots=True)
class InputRecord:
    """The input of a result: `fingerprint` is that of the entry, the outputs and the engine."""

    entry: TaskEntry
    source_name: str
    definition: bytes
    raws: Sequence[DownloadedFile]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class BackfilledDataset:
    """A result that gets the files that it lacks; `source` is its file of all features."""

    source_name: str
    layer: str
    name: str
    job: int
    license: object
    source: FileFacts


def write_manifest(out: Path, record: InputRecord, report: JsonMapping) -> Path:
    """Write `definition.json`, and `manifest.json` about all files in `out`; return the manifest's path."""
    (out / DEFINITION_FILE).write_bytes(record.definition)
    facts: JsonObject = {
        "layer": record.entry.layer,
        "name": record.entry.name,
        **_versions(record.definition),
        "fingerprint": record.fingerprint,
        "license": record.entry.license,
        "attribution": credit_of(normalize_license(record.entry.license), record.source_name).line,
        "raw": _raw_facts(record.raws),
    }
    return _write(out, facts, report)


def write_sample_manifest(out: Path, *, layer: str, name: str, definition: bytes, report: JsonMapping) -> Path:
    """Write `manifest.json` about the files of a sample in `out`; return the manifest's path."""
    return _write(out, {"layer": layer, "name": name, **_versions(definition)}, report)


def write_product_manifest(out: Path, *, kind: str, title: str, plan: bytes, report: JsonMapping) -> Path:
    """Write `plan.json`, and `manifest.json` about the files of a product in `out`; return the manifest's path."""
    (out / PLAN_FILE).write_bytes(plan)
    return _write(out, {"kind": kind, "title": title, **_versions(plan)}, report)


def write_backfill_manifest(out: Path, dataset: BackfilledDataset, report: JsonMapping) -> Path:
    """Write `manifest.json` about the files in `out` and the file that they are built from; return its path.

    It has no fingerprint: another engine may have written that file, so no later result is found unchanged by it.
    """
    license_ = normalize_license(dataset.license)
    facts: JsonObject = {
        "layer": dataset.layer,
        "name": dataset.name,
        "engine_version": version("oa-task"),
        "license": dataset.license,
        "attribution": credit_of(license_, dataset.source_name).line,
        "built_from": {"job": dataset.job, "file": SOURCE_FILE, **dataset.source},
    }
    return _write(out, facts, report, elsewhere={SOURCE_FILE: dataset.source})


def _versions(definition: bytes) -> JsonObject:
    return {"definition_sha256": hashlib.sha256(definition).hexdigest(), "engine_version": version("oa-task")}


def _write(
    out: Path, facts: JsonObject, report: JsonMapping, *, elsewhere: Mapping[str, FileFacts] | None = None
) -> Path:
    files = sorted(path for path in out.iterdir() if path.is_file() and path.name not in {MANIFEST_FILE, LOG_FILE})
    own: JsonObject = {**facts, "outputs": {**(elsewhere or {}), **{path.name: file_facts(path) for path in files}}}
    manifest = {**own, **report, **own}  # the report comes from the process that reads the data: it replaces nothing
    path = out / MANIFEST_FILE
    path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return path


def _raw_facts(raws: Sequence[DownloadedFile]) -> JsonObject:
    """Return the facts of the only part; of several parts the first URL, the total size, and a digest of digests."""
    parts = [_part_facts(raw) for raw in raws]
    if len(parts) == 1:
        return parts[0]
    digest = hashlib.sha256("".join(raw.sha256 for raw in raws).encode()).hexdigest()
    return {"url": raws[0].url, "bytes": sum(raw.size_bytes for raw in raws), "sha256": digest, "parts": parts}


def _part_facts(raw: DownloadedFile) -> JsonObject:
    return {
        "url": raw.url,
        "file": raw.path.name,
        "bytes": raw.size_bytes,
        "sha256": raw.sha256,
        "etag": raw.etag,
        "last_modified": raw.last_modified,
        "not_modified": raw.not_modified,
        "location": raw.location,
        "request": raw.request,
    }
