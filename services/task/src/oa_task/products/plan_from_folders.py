"""A plan over output folders of earlier runs, for use without a server."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from oa_shared.json_types import JsonObject
from oa_shared.json_values import json_object
from oa_shared.product_plans import PLAN_VERSION
from oa_shared.value_text import plural
from oa_task.results.files import PARQUET_FILE, SOURCE_FILE
from oa_task.results.previous_result import PreviousFolder
from oa_task.runtime.failure import TaskFailure


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """The fields of a plan besides its inputs, not validated yet."""

    kind: str
    formats: tuple[str, ...] = ()
    bbox: tuple[float, float, float, float] | None = None
    deduplicate: bool = False


def build_plan(folders: Sequence[Path], root: Path, options: PlanOptions) -> JsonObject:
    """Return a plan whose keys are paths relative to `root`. Raises TaskFailure source.format.

    The source name of an input is its folder relative to the root, and its job number is its position, so that later
    folders are newer.
    """
    inputs = [_input(folder, root, job) for job, folder in enumerate(folders, start=1)]
    return {
        "v": PLAN_VERSION,
        "title": f"{options.kind} of {plural(len(inputs), 'dataset')}",
        "kind": options.kind,
        "formats": list(options.formats),
        "bbox": options.bbox,
        "deduplicate": options.deduplicate,
        "inputs": inputs,
    }


def _input(folder: Path, root: Path, job: int) -> JsonObject:
    run = PreviousFolder.read(folder)
    outputs = json_object(run.manifest.get("outputs")) if run is not None else {}
    if run is None or PARQUET_FILE not in outputs or SOURCE_FILE not in outputs:
        raise TaskFailure("source.format", f"{folder} is not the output folder of a run with {PARQUET_FILE}")
    name = Path(os.path.relpath(folder, root)).as_posix()
    parquet, geojson = json_object(outputs[PARQUET_FILE]), json_object(outputs[SOURCE_FILE])
    license_ = run.manifest.get("license")
    return {
        "source_name": name,
        "layer": run.manifest["layer"],
        "name": run.manifest["name"],
        "job": job,
        "key": f"{name}/{PARQUET_FILE}",
        "sha256": parquet["sha256"],
        "size_bytes": parquet["bytes"],
        "geojson_key": f"{name}/{SOURCE_FILE}",
        "geojson_sha256": geojson["sha256"],
        "count": run.manifest["count"],
        "license": license_ if isinstance(license_, str | dict) else None,
    }


def plan_text(plan: JsonObject) -> str:
    """Return a plan as indented JSON."""
    return json.dumps(plan, indent=1, ensure_ascii=False) + "\n"
