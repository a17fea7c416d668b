"""One run of a program: wall time, processor time, and the peak memory of it and its children.

Memory is the sum of the proportional set sizes (PSS), so that a page shared by two processes counts once. Files that a
process maps count as well; `peak_own_mib` leaves them out, because the kernel can drop their pages.
"""

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

_EVERY_S = 0.05
_MIB, _KIB_PER_MIB = 1024**2, 1024


@dataclass(frozen=True, slots=True)
class Run:
    """The cost and the output of a program."""

    wall_s: float
    processor_s: float
    peak_mib: float
    peak_own_mib: float
    output: str


def measure(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Run:
    """Run a program to its end. Raises RuntimeError with the end of its output if it fails."""
    started = time.perf_counter()
    child = subprocess.Popen(
        list(command),
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    watch = _Watch(child.pid)
    output, errors = child.communicate()
    wall_s = time.perf_counter() - started
    watch.stop()
    if child.returncode:
        raise RuntimeError(f"{command[0]} ended with {child.returncode}: {(errors or output)[-2000:]}")
    return Run(wall_s, watch.processor_s, watch.peak_mib, watch.peak_own_mib, output)


class _Watch:
    """Samples a process tree every 50 ms; the time that a process uses after its last sample is missed."""

    def __init__(self, process_id: int) -> None:
        self.peak_mib = 0.0
        self.peak_own_mib = 0.0
        self._spent: dict[int, float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, args=(process_id,), daemon=True)
        self._thread.start()

    @property
    def processor_s(self) -> float:
        """Return the user and system time of all processes seen."""
        return sum(self._spent.values())

    def stop(self) -> None:
        """Stop sampling."""
        self._ended.set()
        self._thread.join()

    def _sample(self, process_id: int) -> None:
        while not self._ended.wait(_EVERY_S):
            try:
                root = psutil.Process(process_id)
                self._note([root, *root.children(recursive=True)])
            except psutil.NoSuchProcess:
                continue

    def _note(self, processes: Sequence[psutil.Process]) -> None:
        total_mib = own_mib = 0.0
        for process in processes:
            times = process.cpu_times()
            self._spent[process.pid] = times.user + times.system
            process_total, process_own = memory_mib(process.pid)
            total_mib, own_mib = total_mib + process_total, own_mib + process_own
        self.peak_mib, self.peak_own_mib = max(self.peak_mib, total_mib), max(self.peak_own_mib, own_mib)


def memory_mib(process_id: int) -> tuple[float, float]:
    """Return the memory of a process, and its part that no file holds; 0 if it has ended.

    Without /proc, both are its resident set.
    """
    try:
        text = Path(f"/proc/{process_id}/smaps_rollup").read_text("ascii")
    except (OSError, ProcessLookupError):
        return _resident_mib(process_id)
    kib = {name: float(rest.split()[0]) for name, _, rest in (line.partition(":") for line in text.splitlines()[1:])}
    return kib["Pss"] / _KIB_PER_MIB, (kib["Pss_Anon"] + kib["Pss_Shmem"]) / _KIB_PER_MIB


def _resident_mib(process_id: int) -> tuple[float, float]:
    try:
        resident: float = psutil.Process(process_id).memory_info().rss / _MIB
    except psutil.NoSuchProcess:
        resident = 0.0
    return resident, resident
