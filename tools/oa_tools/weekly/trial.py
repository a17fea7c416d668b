"""The weekly trial: starts the weekly run on test towns, waits for it and prints how each broken town ended."""

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import HTTPError, URLError

from rich.console import Console
from rich.table import Table

from oa_local.client import JobView, LocalApi
from oa_local.process import accepts
from oa_tools.weekly.faults import OUTCOMES, ExpectedOutcome, Fault
from oa_tools.weekly.server import Phase, TownServer, WeeklyError, serving
from oa_tools.weekly.towns import Town, make_towns, write_repository

REPOSITORY = "repository"
_CHECK_EVERY_S = 2.0
_TIMEOUT_S = 3600.0
_NOT_ENDED = ("Pending", "Submitted", "Running")
_MOST_NEW_ROWS = 89
_NO_JOB = ExpectedOutcome("no job")


@dataclass(frozen=True, slots=True)
class WeekMeasure:
    """A weekly run: its jobs, how many were unchanged, its time, the time of all containers, its cost in dollars."""

    run: int
    jobs: int
    unchanged: int
    elapsed_s: float
    working_s: float
    cost: float

    @property
    def costs(self) -> tuple[float, float, float]:
        """Return the wall clock, the time of all containers, and the cost."""
        return self.elapsed_s, self.working_s, self.cost


class WeeklyTrial:
    """One trial on the stack whose state is in `folder`."""

    def __init__(self, console: Console, folder: Path) -> None:
        self._console = console
        self._folder = folder
        self._state = folder / "weekly"
        self._state.mkdir(parents=True, exist_ok=True)
        self._api = _api(folder)

    def run(self, count: int, broken: int, *, keeps_serving: bool) -> int:
        """Create the towns, run them all, and serve their data until Ctrl-C; return 0 if each ended as expected."""
        port = self._port()
        towns = make_towns(count, broken)
        (self._state / "towns.json").write_text(json.dumps([count, broken]), "ascii")
        with serving(self._server(towns, Phase.BEFORE), port):
            shrinking = [town for town in towns if town.fault is Fault.DROP]
            if shrinking:
                self._console.print(f"Publishing {len(shrinking)} towns first, since their data will shrink.")
                self._wait_for_run(self._trigger(shrinking, port, period=f"{_timestamp()}-before"))
            self._set_phase(Phase.BROKEN)
            run = self._wait_for_run(self._trigger(towns, port, period=self._period()))
            is_good = self._print_outcomes(run, towns)
            if keeps_serving:
                self._console.print(
                    f"Run {run} has ended. Serving the data until Ctrl-C; `make weekly FIX=1` fixes it."
                )
                _sleep_until_interrupted()
        return 0 if is_good else 1

    def fix(self) -> int:
        """Fix the data of all towns; if no trial serves it any longer, serve it until Ctrl-C."""
        if not (self._state / "towns.json").exists():
            raise WeeklyError("no towns yet: `make weekly` creates them")
        self._set_phase(Phase.FIXED)
        self._console.print("The data of all towns is fixed: rerun the jobs that failed or need review.")
        port = self._port()
        if accepts(port):
            return 0
        count, broken = json.loads((self._state / "towns.json").read_text("ascii"))
        with serving(self._server(make_towns(count, broken), Phase.FIXED), port):
            self._console.print("Serving the data until Ctrl-C.")
            _sleep_until_interrupted()
        return 0

    def compare(self, count: int, changed: int) -> int:
        """Run all towns twice, with new data of `changed` towns in between, and print the time and cost of both runs.

        Return 0 if the second run converted exactly these towns.
        """
        port, towns = self._port(), make_towns(count, 0)
        server = self._server(towns, Phase.BEFORE)
        with serving(server, port):
            # After an earlier comparison the first run finds new data too.
            server.grow(towns, rows=int(time.time()) % _MOST_NEW_ROWS + 1)
            weeks = [self._measure_run(towns, port)]
            server.grow(towns[:changed])
            weeks.append(self._measure_run(towns, port))
        table = Table("run", "jobs", "unchanged", "wall clock (s)", "containers (s)", "cost (US$)")
        for week in weeks:
            numbers = (f"{number:,.4g}" for number in week.costs)
            table.add_row(str(week.run), str(week.jobs), str(week.unchanged), *numbers)
        first, second = weeks
        shares = [
            f"{after / before:.0%}" if before else "" for before, after in zip(first.costs, second.costs, strict=True)
        ]
        table.add_row("second of first", "", f"{second.unchanged / second.jobs:.0%}" if second.jobs else "", *shares)
        self._console.print(table)
        return int((weeks[-1].jobs, weeks[-1].unchanged) != (count, count - changed))

    def _measure_run(self, towns: list[Town], port: int) -> "WeekMeasure":
        started = time.monotonic()
        run = self._wait_for_run(self._trigger(towns, port, period=_timestamp()))
        elapsed_s = time.monotonic() - started
        statistics = self._api.call("GET", f"/api/statistics?run={run}")
        working_s = sum(phase["total_s"] for phase in statistics["phases"] if phase["phase"] == "working")
        ended = statistics["throughput"]
        return WeekMeasure(run, ended["jobs"], ended["unchanged"], elapsed_s, working_s, statistics["cost"]["total"])

    def _server(self, towns: list[Town], phase: Phase) -> TownServer:
        self._set_phase(phase)
        return TownServer(towns, self._state / "phase")

    def _set_phase(self, phase: Phase) -> None:
        (self._state / "phase").write_text(phase, "ascii")

    def _port(self) -> int:
        """Return the port of the stack that jobs may reach for the data of towns; it is the same after a restart."""
        ports = json.loads((self._folder / "ports.json").read_text("ascii"))
        return int(ports["towns"])

    def _period(self) -> str | None:
        """Return None for the run of this week, or the name of an extra period if this week already has a run."""
        upcoming = {item["type"]: item for item in self._api.call("GET", "/api/schedule")["upcoming"]}
        return None if upcoming["sources"]["schedule_run"] is None else _timestamp()

    def _trigger(self, towns: list[Town], port: int, *, period: str | None) -> int:
        write_repository(self._folder / REPOSITORY, towns, f"http://127.0.0.1:{port}")
        return int(self._api.call("POST", "/api/schedule", {"type": "sources", "period": period})["id"])

    def _wait_for_run(self, schedule_run: int) -> int:
        """Wait until all jobs of a schedule run have ended, and return its run. Raises WeeklyError."""
        deadline = time.monotonic() + _TIMEOUT_S
        printed = ""
        while time.monotonic() < deadline:
            state, run = self._state_of(schedule_run)
            if state != printed:
                self._console.print(f"  {state}")
                printed = state
            if run is not None:
                return run
            time.sleep(_CHECK_EVERY_S)
        raise WeeklyError(f"schedule run {schedule_run} did not end within {_TIMEOUT_S / 60:.0f} minutes: {printed}")

    def _state_of(self, schedule_run: int) -> tuple[str, int | None]:
        """Return a line about the state of a schedule run, and its run when all jobs have ended."""
        try:
            view = self._api.call("GET", f"/api/schedule/{schedule_run}")
            if view["state"] == "Failed":
                raise WeeklyError(f"schedule run {schedule_run} failed: {view['error']}")
            if view["run"] is None:
                return f"schedule run {schedule_run}: {view['state']}", None
            jobs = self._api.call("GET", f"/api/run/{view['run']}")["jobs"]
        except HTTPError as error:
            raise WeeklyError(f"the API answered {error.code}: {error.read().decode()[:300]}") from error
        except (URLError, OSError):
            return "the API does not answer", None
        has_ended = view["state"] == "Done" and not any(jobs[status] for status in _NOT_ENDED)
        counts = ", ".join(f"{count} {status}" for status, count in jobs.items() if count and status != "total")
        return f"run {view['run']}: {counts}", view["run"] if has_ended else None

    def _print_outcomes(self, run: int, towns: Sequence[Town]) -> bool:
        """Print how the broken towns ended, and return whether every town ended as expected."""
        outcomes = {job["source_name"]: _outcome(job) for job in self._api.jobs_of_run(run)}
        table = Table("fault", "towns", "outcome", "as expected")
        for fault in Fault:
            of_fault = [outcomes.get(town.source_name, _NO_JOB) for town in towns if town.fault is fault]
            if of_fault:
                kinds = Counter(f"{outcome.status} {outcome.code}".strip() for outcome in of_fault)
                text = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
                is_good = all(outcome == OUTCOMES[fault] for outcome in of_fault)
                table.add_row(str(fault), str(len(of_fault)), text, "yes" if is_good else "NO")
        self._console.print(table)
        unexpected = [town for town in towns if outcomes.get(town.source_name, _NO_JOB) != _expected_outcome(town)]
        intact = sum(town.fault is None for town in towns)
        self._console.print(f"{intact} towns without a fault; {len(unexpected)} of {len(towns)} ended unexpectedly")
        for town in unexpected[:20]:
            self._console.print(f"  {town.source_name}: {outcomes.get(town.source_name, _NO_JOB)}", markup=False)
        return not unexpected


def _expected_outcome(town: Town) -> ExpectedOutcome:
    return OUTCOMES[town.fault] if town.fault else ExpectedOutcome("Success")


def _outcome(job: JobView) -> ExpectedOutcome:
    return ExpectedOutcome(job["status"], job["error"]["code"] if job["error"] else "")


def _api(folder: Path) -> LocalApi:
    path = folder / "env.json"
    if not path.exists():
        raise WeeklyError("no stack runs in this folder: `make up` starts one")
    environ = json.loads(path.read_text("utf-8"))
    api = LocalApi(environ["OA_API_URL"], environ["OA_SHARED_SECRET"])
    if not api.answers():
        raise WeeklyError(f"{api.url} does not answer: `make up` starts a stack")
    return api


def _timestamp() -> str:
    return datetime.now(UTC).strftime("trial-%Y%m%dT%H%M%S")


def _sleep_until_interrupted() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return
