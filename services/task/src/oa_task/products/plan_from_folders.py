"""A plan over the folders of earlier runs: for people without a server, who would not write one by hand."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from oa_task.results.files import PARQUET_FILE, SOURCE_FILE
from oa_task.results.previous_result import PreviousFolder
from oa_task.runtime.failure import TaskFailure


def build_plan(folders: Sequence[Path], root: Path, wishes: dict[str, Any]) -> dict[str, Any]:
    """Return a plan whose keys are paths below `root`. `wishes` are its other fields. Raises TaskFailure source.format.

    A dataset is named after its folder below the root; its number as a job is its place, so that later ones are newer.
    """
    inputs = [_input(folder, root, job) for job, folder in enumerate(folders, start=1)]
    return {"v": 1, "title": f"{wishes['kind']} of {len(inputs)} datasets", **wishes, "inputs": inputs}


def _input(folder: Path, root: Path, job: int) -> dict[str, Any]:
    run = PreviousFolder.read(folder)
    outputs: dict[str, dict[str, Any]] = run.manifest.get("outputs", {}) if run is not None else {}
    if run is None or PARQUET_FILE not in outputs or SOURCE_FILE not in outputs:
        raise TaskFailure("source.format", f"{folder} is not the folder of an earlier run with {PARQUET_FILE} in it")
    below = Path(os.path.relpath(folder, root)).as_posix()
    parquet = outputs[PARQUET_FILE]
    return {
        "source_name": below,
        "layer": run.manifest["layer"],
        "name": run.manifest["name"],
        "job": job,
        "key": f"{below}/{PARQUET_FILE}",
        "sha256": parquet["sha256"],
        "size_bytes": parquet["bytes"],
        "geojson_key": f"{below}/{SOURCE_FILE}",
        "geojson_sha256": outputs[SOURCE_FILE]["sha256"],
        "count": run.manifest["count"],
        "license": _licence(run.manifest.get("licence")),
    }


def _licence(stated: Any) -> Any:
    return stated if isinstance(stated, str | dict) else None


def plan_text(plan: dict[str, Any]) -> str:
    """Return a plan as people read it."""
    return json.dumps(plan, indent=1, ensure_ascii=False) + "\n"
