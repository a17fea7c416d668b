"""The manifest: what an attempt made, written last."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from oa_task.definition import Entry
from oa_task.download.http import Downloaded

MANIFEST_FILE = "manifest.json"


def write_manifest(out: Path, *, entry: Entry, definition: bytes, raw: Downloaded, report: dict[str, Any]) -> Path:
    """Write `manifest.json` over the files in `out` and return its path."""
    files = sorted(path for path in out.iterdir() if path.is_file() and path.name not in {MANIFEST_FILE, "log.jsonl"})
    manifest = {
        "layer": entry.layer,
        "name": entry.name,
        "definition_sha256": hashlib.sha256(definition).hexdigest(),
        "engine_version": version("oa-task"),
        "licence": entry.licence,
        "raw": {
            "url": raw.url,
            "bytes": raw.size_bytes,
            "sha256": raw.sha256,
            "etag": raw.etag,
            "last_modified": raw.last_modified,
        },
        "outputs": {path.name: _about(path) for path in files},
        **report,
    }
    path = out / MANIFEST_FILE
    path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return path


def _about(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": path.stat().st_size, "sha256": digest}
