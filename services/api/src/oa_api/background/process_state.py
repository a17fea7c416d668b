"""The state of this process: whether it is starting or stopping, and what its workers do."""

from collections.abc import Sequence
from typing import Protocol

from oa_shared.process_report import PartReport, ProcessReport, name_process, report_worker
from oa_shared.supervision import Supervisor

_API = "api"


class ReportedPart(Protocol):
    """Something that the heartbeat of this process reports in addition to its workers."""

    def report(self) -> PartReport:
        """Return its state."""


class ProcessState:
    """What liveness, readiness and the heartbeat say of this process.

    `waiting_for` names what the start waits for, empty once it serves; `dependencies` are the queues and the store.
    """

    def __init__(self, supervisor: Supervisor | None = None, *, waiting_for: str = "", port: int = 0) -> None:
        self.supervisor = supervisor
        self.waiting_for = waiting_for
        self.is_stopping = False
        self.dependencies: Sequence[ReportedPart] = ()
        self.name = name_process(_API, port)

    def problems(self) -> list[str]:
        """Return why this process has to be replaced; a dependency that is down is not such a reason."""
        return self.supervisor.problems() if self.supervisor else []

    def unready_reason(self) -> str:
        """Return why this process cannot serve requests, as far as the process itself knows; empty if it can."""
        if self.is_stopping:
            return "the process is stopping"
        return f"the start waits for {self.waiting_for}" if self.waiting_for else ""

    def report(self) -> ProcessReport:
        """Return the heartbeat of this process."""
        states = self.supervisor.states if self.supervisor else []
        workers = [report_worker(state) for state in states]
        dependencies = [dependency.report() for dependency in self.dependencies]
        return ProcessReport(self.name, [PartReport(_API, 0), *workers, *dependencies])
