"""The heartbeat of a process: what each of its parts does, in the form that is stored and sent to the API."""

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from oa_shared.supervision import WorkerState
from oa_shared.version import VERSION

REPORT_EVERY_S = 5.0
# Parts of the dispatcher.
DISPATCHER, DISPATCHER_SWEEP = "dispatcher", "dispatcher_sweep"
# AWS Batch, as the dispatcher sees it.
BATCH = "batch"


@dataclass(frozen=True, slots=True)
class PartReport:
    """A part of a process: the seconds since its last progress, and what is wrong with it, empty if nothing is."""

    part: str
    age_s: float
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ProcessReport:
    """A process, by a name that a restart on the same host keeps, and its parts; without parts it has stopped."""

    process: str
    parts: Sequence[PartReport]
    version: str = VERSION


def name_process(service: str, port: int) -> str:
    """Return the name of this process; without a port, which a restart keeps, it contains the process ID."""
    return f"{service}@{socket.gethostname()}:{port}" if port else f"{service}@{socket.gethostname()}#{os.getpid()}"


def report_worker(state: WorkerState, part: str = "") -> PartReport:
    """Return the report of a worker; the part is named after it unless `part` is given."""
    return PartReport(part or state.worker.name, round(state.age_s, 1), state.problem or state.delay)
