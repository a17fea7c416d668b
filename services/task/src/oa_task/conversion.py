"""Raw files to outputs, in one pass with bounded memory: what runs in the sandbox."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from oa_task.archive import unpack
from oa_task.conform.rows import check_columns, conform_batch, run_tests
from oa_task.definition import Entry
from oa_task.failure import TaskFailure
from oa_task.read.source import open_batches
from oa_task.stats import Stats
from oa_task.write.geojson import FeatureFile
from oa_task.write.geometry import output_geometries

SOURCE_FILE = "source.geojson.gz"
STATS_FILE = "stats.json"


def convert(raw: Path, entry: Entry, work: Path, out: Path, progress: Callable[[int], None]) -> dict[str, Any]:
    """Unpack, read, conform and write; return the counts. Raises TaskFailure source.*."""
    run_tests(entry)
    unpacked = work / "unpacked"
    unpacked.mkdir()
    files = unpack(raw, entry.compression, unpacked)
    stats = Stats()
    with FeatureFile(out / SOURCE_FILE) as file:
        for batch in open_batches(files, entry):
            if stats.count == 0:
                check_columns(batch, entry)
            attributes = conform_batch(batch, entry)
            file.write(attributes, output_geometries(batch, entry.layer))
            stats.add(attributes, batch)
            progress(stats.count)
    if stats.count == 0:
        raise TaskFailure("source.empty", "there are no features in the data")
    report = stats.report()
    (out / STATS_FILE).write_text(json.dumps(report, indent=1) + "\n")
    return report
