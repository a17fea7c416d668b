"""Progress of a command: bars on a terminal, JSON lines on other outputs."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.text import Text

from oa_task.runtime.progress import DOWNLOAD, FETCH, Progress, unit_of

_LINE_EVERY_S = 1.0


@contextmanager
def display_progress(console: Console) -> Iterator[Progress]:
    """Yield a Progress callback that shows each phase in its unit."""
    if not console.is_terminal:
        yield _JsonLines().report
        return
    with _bars(console) as bars:
        yield _PhaseBars(bars).report


def _bars(console: Console) -> Bars:
    columns = (SpinnerColumn(), TextColumn("{task.description:<10}"), BarColumn(bar_width=24), _Amount(), _Speed())
    return Bars(*columns, TimeRemainingColumn(compact=True), console=console, transient=True)


@dataclass(slots=True)
class _PhaseBars:
    """A bar for each phase. A new phase ends the earlier ones, except the fetch of pages, which overlaps others."""

    bars: Bars
    phases: dict[str, TaskID] = field(default_factory=dict)

    def report(self, phase: str, done: int, total: int | None) -> None:
        if phase not in self.phases:
            for earlier in self.phases.keys() - {FETCH}:
                self.bars.stop_task(self.phases[earlier])
            self.phases[phase] = self.bars.add_task(phase, total=total)
        self.bars.update(self.phases[phase], completed=done, total=total)


@dataclass(slots=True)
class _JsonLines:
    """A line on standard error at the start of each phase and then at most once a second; phases may overlap."""

    started_at: dict[str, float] = field(default_factory=dict)
    reported_at: dict[str, float] = field(default_factory=dict)

    def report(self, phase: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if phase not in self.started_at:
            self.started_at[phase] = now
        elif now - self.reported_at[phase] < _LINE_EVERY_S:
            return
        self.reported_at[phase] = now
        unit = unit_of(phase)
        speed = _per_second(done, now - self.started_at[phase])
        line = {"phase": phase, unit: done, "total": total, f"{unit}_per_s": speed}
        sys.stderr.write(json.dumps({key: value for key, value in line.items() if value is not None}) + "\n")
        sys.stderr.flush()


def _per_second(done: int, elapsed_s: float) -> int | None:
    return round(done / elapsed_s) if elapsed_s > 0 else None


class _Amount(ProgressColumn):
    """`12.4 of 80.1 MB`, or `120,000 features`."""

    def render(self, task: Task) -> Text:
        """Return the amount done, and the total if it is known."""
        if task.description == DOWNLOAD:
            of = f" of {task.total / 1e6:,.1f}" if task.total else ""
            return Text(f"{task.completed / 1e6:,.1f}{of} MB")
        of = f" of {task.total:,.0f}" if task.total else ""
        return Text(f"{task.completed:,.0f}{of} {unit_of(task.description)}")


class _Speed(ProgressColumn):
    """MB or features per second."""

    def render(self, task: Task) -> Text:
        """Return the current speed, an empty text while it is unknown."""
        speed = task.finished_speed or task.speed
        if speed is None:
            return Text("")
        return Text(f"{speed / 1e6:,.1f} MB/s" if task.description == DOWNLOAD else f"{speed:,.0f}/s", style="dim")
