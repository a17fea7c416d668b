"""Raw files to outputs, in one pass with bounded memory: what runs in the sandbox."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from oa_task.archive import unpack
from oa_task.bad_rows import BadRows
from oa_task.conform.rows import check_columns, conform_batch, run_tests
from oa_task.definition import Entry
from oa_task.failure import TaskFailure
from oa_task.features import FeatureBatch
from oa_task.read.source import open_batches
from oa_task.stats import Stats
from oa_task.write.geojson import FeatureFile
from oa_task.write.geometry import output_geometries

SOURCE_FILE = "source.geojson.gz"
STATS_FILE = "stats.json"


def convert(
    raws: Sequence[Path],
    entry: Entry,
    *,
    work: Path,
    out: Path,
    progress: Callable[[int], None],
    previous: Path | None = None,  # noqa: ARG001 - for the changes file
) -> dict[str, Any]:
    """Unpack, read, conform and write; return the counts. Raises TaskFailure source.*."""
    run_tests(entry)
    stats = Stats()
    bad_rows = BadRows()
    with FeatureFile(out / SOURCE_FILE) as file:
        for batch in _batches(raws, entry, work / "unpacked", bad_rows):
            if stats.count == 0:
                check_columns(batch, entry)
            attributes = conform_batch(batch, entry)
            file.write(attributes, output_geometries(batch, entry.layer))
            stats.add(attributes, batch)
            progress(stats.count)
    if stats.count == 0:
        raise TaskFailure("source.empty", f"there are no features in the data{bad_rows.explanation()}")
    report = stats.report()
    (out / STATS_FILE).write_text(json.dumps(report, indent=1) + "\n")
    return report


def _batches(raws: Sequence[Path], entry: Entry, folder: Path, bad_rows: BadRows) -> Iterator[FeatureBatch]:
    """Yield the batches of all parts in order; `bad_rows` counts their rows on from part to part."""
    for place, raw in enumerate(raws):
        unpacked = folder / str(place)
        unpacked.mkdir(parents=True)
        yield from open_batches(unpack(raw, entry.compression, unpacked), entry, bad_rows=bad_rows)
