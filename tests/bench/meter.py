"""One run of a program: wall time, processor time, and the peak memory of it and its children."""

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]

_EVERY_S = 0.05
_MIB = 1024**2


@dataclass(frozen=True, slots=True)
class Run:
    """The cost and the output of a program."""

    wall_s: float
    processor_s: float
    peak_mib: float
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
    return Run(wall_s, watch.processor_s, watch.peak_mib, output)


class _Watch:
    """Samples a process tree every 50 ms; the time that a process uses after its last sample is missed."""

    def __init__(self, process_id: int) -> None:
        self.peak_mib = 0.0
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
        held = 0.0
        for process in processes:
            with process.oneshot():
                times = process.cpu_times()
                held += process.memory_info().rss / _MIB
            self._spent[process.pid] = times.user + times.system
        self.peak_mib = max(self.peak_mib, held)
