"""Prints figures in tables, each next to its baseline, below a description of the machine."""

import math
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from rich.console import Console
from rich.table import Table

_GIB = 1024**3
console = Console(width=150, highlight=False)


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: the measured operation, the result, and the cost of the same without this system."""

    what: str
    measured: str
    baseline: str = ""
    baseline_is: str = ""


def show(title: str, figures: Sequence[Figure]) -> None:
    """Print a table."""
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("")
    table.add_column("measured", justify="right")
    table.add_column("baseline", justify="right")
    table.add_column("baseline is")
    for figure in figures:
        table.add_row(figure.what, figure.measured, figure.baseline, figure.baseline_is)
    console.print(table)


def machine() -> str:
    """Describe the machine: processor, cores, memory, load, Python, operating system."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text("utf-8").splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    memory_gib = psutil.virtual_memory().total / _GIB
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    processor = models[0] if models else platform.machine()
    return (
        f"{processor}, {os.cpu_count()} cores, {memory_gib:.0f} GiB; load {load} before the start; "
        f"Python {platform.python_version()}, {platform.system()} {platform.release()}"
    )


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value at that percentile (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def p50_p99_ms(seconds: Sequence[float]) -> str:
    """Return the 50th and 99th percentiles of times, in milliseconds."""
    return f"{percentile(seconds, 0.5) * 1000:,.2f} / {percentile(seconds, 0.99) * 1000:,.2f} ms"
