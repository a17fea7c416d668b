"""Outputs written after the pass: the profile and sample rows of the input, the picture, the tiles."""

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path

from oa_task.conversion.column_profile import SAMPLE_ROWS, profile_columns
from oa_task.conversion.row_inspection import first_rows
from oa_task.conversion.stats import ConversionStats
from oa_task.definition.task_entry import TaskEntry
from oa_task.features.bad_rows import BadRows
from oa_task.read.source import open_batches
from oa_task.results.files import PICTURE_FILE, PROFILE_FILE, SAMPLE_FILE, SOURCE_FILE, TILES_FILE
from oa_task.runtime.phase_clock import PhaseClock

_PREVIEW_ROWS = 10
_OUTLINED = frozenset({"parcels", "buildings", "centerlines"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPassOutputs:
    """The outputs of one conversion that need all of its data; `title` names the source."""

    entry: TaskEntry
    title: str
    out: Path
    work: Path
    without: frozenset[str]

    def write(self, files: list[Path], stats: ConversionStats, clock: PhaseClock) -> None:
        """Write the outputs except `without`; no tiles if no feature has a geometry. Raises TaskFailure."""
        if "profile" not in self.without:
            with clock.phase("profile"):
                self._write_profile(files)
        if "preview" not in self.without:
            with clock.phase("preview"):
                self._draw_picture(stats)
        if "tiles" not in self.without and stats.bounds is not None:
            with clock.phase("tiles"):
                self._write_tiles()

    def _write_profile(self, files: list[Path]) -> None:
        batches = list(open_batches(files, self.entry, bad_rows=BadRows(), all_columns=True, limit=SAMPLE_ROWS))
        self._write_text(PROFILE_FILE, json.dumps(profile_columns(batches), indent=1, ensure_ascii=False))
        rows = first_rows(batches, self.entry, count=_PREVIEW_ROWS)
        self._write_text(SAMPLE_FILE, json.dumps({"rows": rows}, ensure_ascii=False))

    def _write_text(self, file: str, text: str) -> None:
        (self.out / file).write_text(text + "\n", encoding="utf-8")

    def _draw_picture(self, stats: ConversionStats) -> None:
        from oa_task.preview.picture import Caption, draw_picture  # noqa: PLC0415 - loads Pillow only for the picture
        from oa_task.preview.point_spool import POINTS_FILE, read_chunks  # noqa: PLC0415 - likewise

        day = dt.datetime.now(tz=dt.UTC).date()
        features = "1 feature" if stats.count == 1 else f"{stats.count:,} features"
        caption = Caption(
            title="  ·  ".join(part for part in (self.title, self.entry.layer, self.entry.name) if part),
            subtitle=f"{features}, {day.day} {day:%B %Y}",
            footer=_footer(stats),
        )
        lines = self.entry.layer in _OUTLINED
        draw_picture(read_chunks(self.work / POINTS_FILE), caption, self.out / PICTURE_FILE, lines=lines)

    def _write_tiles(self) -> None:
        from oa_task.write.tiles import write_tiles  # noqa: PLC0415 - likewise

        write_tiles(self.out / SOURCE_FILE, self.out / TILES_FILE, layer=self.entry.layer, work=self.work)


def _footer(stats: ConversionStats) -> str:
    bounds = "" if stats.bounds is None else "Bounds (W, S, E, N): " + ", ".join(f"{side:.5f}" for side in stats.bounds)
    missing = f"{stats.without_geometry:,} without geometry" if stats.without_geometry else ""
    return ".  ".join(part for part in (bounds, missing) if part)
