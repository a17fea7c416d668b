"""The manifest: what an attempt made, written last."""

import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from oa_task.definition.source_entry import SourceEntry
from oa_task.download.downloaded_file import DownloadedFile
from oa_task.results.checksums import file_facts
from oa_task.results.files import DEFINITION_FILE, LOG_FILE, MANIFEST_FILE, PLAN_FILE


def write_manifest(
    out: Path, *, entry: SourceEntry, definition: bytes, raws: Sequence[DownloadedFile], report: dict[str, Any]
) -> Path:
    """Write the definition, and `manifest.json` over the files in `out`; return the manifest's path."""
    (out / DEFINITION_FILE).write_bytes(definition)
    about = {
        "layer": entry.layer,
        "name": entry.name,
        "definition_sha256": hashlib.sha256(definition).hexdigest(),
        "engine_version": version("oa-task"),
        "licence": entry.licence,
        "raw": _raw(raws),
    }
    return _written(out, about, report)


def write_product_manifest(out: Path, *, kind: str, title: str, plan: bytes, report: dict[str, Any]) -> Path:
    """Write the plan, and `manifest.json` over the files of a product in `out`; return the manifest's path."""
    (out / PLAN_FILE).write_bytes(plan)
    about = {
        "kind": kind,
        "title": title,
        "definition_sha256": hashlib.sha256(plan).hexdigest(),
        "engine_version": version("oa-task"),
    }
    return _written(out, about, report)


def _written(out: Path, about: dict[str, Any], report: dict[str, Any]) -> Path:
    files = sorted(path for path in out.iterdir() if path.is_file() and path.name not in {MANIFEST_FILE, LOG_FILE})
    manifest = {**about, "outputs": {path.name: file_facts(path) for path in files}, **report}
    path = out / MANIFEST_FILE
    path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return path


def _raw(raws: Sequence[DownloadedFile]) -> dict[str, Any]:
    """Return what came from where; of several parts the first one's address, all bytes, and a digest over digests."""
    parts = [_part(raw) for raw in raws]
    if len(parts) == 1:
        return parts[0]
    digest = hashlib.sha256("".join(raw.sha256 for raw in raws).encode()).hexdigest()
    return {"url": raws[0].url, "bytes": sum(raw.size_bytes for raw in raws), "sha256": digest, "parts": parts}


def _part(raw: DownloadedFile) -> dict[str, Any]:
    return {
        "url": raw.url,
        "file": raw.path.name,
        "bytes": raw.size_bytes,
        "sha256": raw.sha256,
        "etag": raw.etag,
        "last_modified": raw.last_modified,
        "not_modified": raw.not_modified,
    }
