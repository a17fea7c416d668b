"""How far a job is: a bar for people at a terminal, JSON lines elsewhere."""

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
    """Give a function that takes a phase, what is done and the total where it is known.

    Downloads are counted in bytes, inputs of products as such, every other phase in features.
    """
    if not console.is_terminal:
        yield _Lines().tell
        return
    with _bars(console) as bars:
        yield _Terminal(bars).tell


def _bars(console: Console) -> Bars:
    columns = (SpinnerColumn(), TextColumn("{task.description:<10}"), BarColumn(bar_width=24), _Amount(), _Rate())
    return Bars(*columns, TimeRemainingColumn(compact=True), console=console, transient=True)


@dataclass(slots=True)
class _Terminal:
    """One bar for each phase; a phase is done when the next one begins, unless it goes on beside it."""

    bars: Bars
    phases: dict[str, TaskID] = field(default_factory=dict)

    def tell(self, phase: str, done: int, total: int | None) -> None:
        if phase not in self.phases:
            for earlier in self.phases.keys() - {FETCH}:
                self.bars.stop_task(self.phases[earlier])
            self.phases[phase] = self.bars.add_task(phase, total=total)
        self.bars.update(self.phases[phase], completed=done, total=total)


@dataclass(slots=True)
class _Lines:
    """At most a line a second for each phase and one at its start, to standard error; phases may overlap."""

    began_at: dict[str, float] = field(default_factory=dict)
    told_at: dict[str, float] = field(default_factory=dict)

    def tell(self, phase: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if phase not in self.began_at:
            self.began_at[phase] = now
        elif now - self.told_at[phase] < _LINE_EVERY_S:
            return
        self.told_at[phase] = now
        unit = unit_of(phase)
        line = {"phase": phase, unit: done, "total": total, f"{unit}_per_s": _rate(done, now - self.began_at[phase])}
        sys.stderr.write(json.dumps({key: value for key, value in line.items() if value is not None}) + "\n")
        sys.stderr.flush()


def _rate(done: int, passed_s: float) -> int | None:
    return round(done / passed_s) if passed_s > 0 else None


class _Amount(ProgressColumn):
    """`12.4 of 80.1 MB`, or `120,000 features`."""

    def render(self, task: Task) -> Text:
        """Return what is done, and of how much where that is known."""
        if task.description == DOWNLOAD:
            of = f" of {task.total / 1e6:,.1f}" if task.total else ""
            return Text(f"{task.completed / 1e6:,.1f}{of} MB")
        of = f" of {task.total:,.0f}" if task.total else ""
        return Text(f"{task.completed:,.0f}{of} {unit_of(task.description)}")


class _Rate(ProgressColumn):
    """MB or features a second."""

    def render(self, task: Task) -> Text:
        """Return the present speed, nothing while it is unknown."""
        speed = task.finished_speed or task.speed
        if speed is None:
            return Text("")
        return Text(f"{speed / 1e6:,.1f} MB/s" if task.description == DOWNLOAD else f"{speed:,.0f}/s", style="dim")
