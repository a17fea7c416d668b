"""Outputs written after the pass: the profile and sample rows of the input, the picture, the tiles."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from oa_shared.licenses import credit_of, normalize_license
from oa_task.conversion.column_profile import SAMPLE_ROWS
from oa_task.conversion.input_description import write_profile
from oa_task.conversion.row_inspection import read_sample
from oa_task.conversion.stats import ConversionStats
from oa_task.definition.task_entry import TaskEntry
from oa_task.results.files import PICTURE_FILE, PROFILE_FILE, SAMPLE_FILE, TILES_FILE
from oa_task.runtime.failure import TaskFailure
from oa_task.runtime.phase_clock import PhaseClock
from oa_task.tiles.label import TilesetLabel, attribution_html
from oa_task.tiles.spool import TileSpool

_MAX_REASON = 300
_OUTLINED = frozenset({"parcels", "buildings", "centerlines"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPassOutputs:
    """The outputs of one conversion that need all of its data.

    `title` names the source; `tiles` has the features for the tiles, None without tiles.
    """

    entry: TaskEntry
    title: str
    out: Path
    work: Path
    without: frozenset[str]
    tiles: TileSpool | None = None

    def write(self, files: list[Path], stats: ConversionStats, clock: PhaseClock) -> list[str]:
        """Write the outputs except `without`; no tiles if no feature has a geometry. Return warnings.

        Only tiles are data that users load, so only they can fail the job. Raises TaskFailure.
        """
        warnings: list[str] = []
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="preview") as threads:
            picture = threads.submit(self._write_picture, stats, clock)
            # The profile stays in this thread, because the time limits of rules are signals.
            if "profile" not in self.without:
                with clock.phase("profile"), _warn_of_failure(f"{PROFILE_FILE} and {SAMPLE_FILE}", warnings):
                    self._write_profile(files)
            if self.tiles is not None and self.tiles.count:
                with clock.phase("tiles"):
                    self._write_tiles(self.tiles)
            return [*warnings, *picture.result()]

    def _write_picture(self, stats: ConversionStats, clock: PhaseClock) -> list[str]:
        """Draw the picture, unless it is not requested, while other threads write other outputs; return warnings."""
        warnings: list[str] = []
        if "preview" not in self.without:
            with clock.phase("preview"), _warn_of_failure(PICTURE_FILE, warnings):
                self._draw_picture(stats)
        return warnings

    def _write_profile(self, files: list[Path]) -> None:
        write_profile(read_sample(files, self.entry, limit=SAMPLE_ROWS), self.entry, self.out)

    def _draw_picture(self, stats: ConversionStats) -> None:
        from oa_task.preview.picture import Caption, draw_picture  # noqa: PLC0415 - loads Pillow only for the picture
        from oa_task.preview.point_spool import POINTS_FILE, read_chunks  # noqa: PLC0415 - likewise

        features = "1 feature" if stats.count == 1 else f"{stats.count:,} features"
        caption = Caption(
            title="  ·  ".join(part for part in (self.title, self.entry.layer, self.entry.name) if part),
            subtitle=features,
            footer=_footer(stats),
        )
        lines = self.entry.layer in _OUTLINED
        draw_picture(read_chunks(self.work / POINTS_FILE), caption, self.out / PICTURE_FILE, lines=lines)

    def _write_tiles(self, spool: TileSpool) -> None:
        from oa_task.tiles.tileset import write_tileset  # noqa: PLC0415 - likewise

        layer = self.entry.layer
        credit = credit_of(normalize_license(self.entry.license), self.title)
        label = TilesetLabel(f"OpenAddresses {layer}", attribution_html([credit.attribution]))
        write_tileset({layer: spool}, self.out / TILES_FILE, label, work=self.work)


@contextmanager
def _warn_of_failure(files: str, warnings: list[str]) -> Iterator[None]:
    """Turn every error of the block into a warning: the data itself is complete at that point."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - likewise: the library that draws or counts may fail in any way
        reason = error.message if isinstance(error, TaskFailure) else repr(error)
        warnings.append(f"{files} not written: {reason[:_MAX_REASON]}")


def _footer(stats: ConversionStats) -> str:
    bounds = "" if stats.bounds is None else "Bounds (W, S, E, N): " + ", ".join(f"{side:.5f}" for side in stats.bounds)
    missing = f"{stats.without_geometry:,} without geometry" if stats.without_geometry else ""
    return ".  ".join(part for part in (bounds, missing) if part)
