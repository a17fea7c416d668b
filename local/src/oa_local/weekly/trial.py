"""`oa-local weekly`: fires the weekly run on made-up towns, follows it, and says how each broken town ended."""

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

from rich.console import Console
from rich.table import Table

from oa_local.client import Api
from oa_local.process import accepts, free_port
from oa_local.weekly.faults import ENDINGS, Ending, Fault
from oa_local.weekly.server import Phase, WeeklyError, World, served
from oa_local.weekly.towns import Town, make_towns, write_repository

REPOSITORY = "repository"
_LOOK_EVERY_S = 2.0
_PATIENCE_S = 3600.0
_PAGE = 100
_UNENDED = ("Pending", "Submitted", "Running")
_NO_JOB = Ending("no job")


class Trial:
    """One trial on the stack whose state lies in `folder`."""

    def __init__(self, console: Console, folder: Path) -> None:
        self._console = console
        self._folder = folder
        self._state = folder / "weekly"
        self._state.mkdir(parents=True, exist_ok=True)
        self._api = _api(folder)

    def run(self, count: int, broken: int, *, stays: bool) -> int:
        """Make the towns, run them all, and go on serving until Ctrl-C; 0 when each ended as it should."""
        port = self._port()
        towns = make_towns(count, broken)
        (self._state / "towns.json").write_text(json.dumps([count, broken]), "ascii")
        with served(self._world(towns, Phase.BEFORE), port):
            dropping = [town for town in towns if town.fault is Fault.DROP]
            if dropping:
                self._console.print(f"{len(dropping)} towns are published first: their data will shrink")
                self._follow(self._fire(dropping, port, period=f"{_stamp()}-before"))
            self._set(Phase.BROKEN)
            run = self._follow(self._fire(towns, port, period=self._period()))
            is_good = self._tell(run, towns)
            if stays:
                self._console.print(f"Run {run}. The data is served until Ctrl-C; `oa-local weekly --mend` mends it.")
                _wait()
        return 0 if is_good else 1

    def mend(self) -> int:
        """Mend what is broken; where nobody serves the data any more, serve it until Ctrl-C."""
        if not (self._state / "towns.json").exists():
            raise WeeklyError("there are no towns yet: `oa-local weekly` makes them")
        self._set(Phase.MENDED)
        self._console.print("The data of every town is good now: run again what failed or is held back.")
        port = self._port()
        if accepts(port):
            return 0
        count, broken = json.loads((self._state / "towns.json").read_text("ascii"))
        with served(self._world(make_towns(count, broken), Phase.MENDED), port):
            self._console.print("It is served until Ctrl-C.")
            _wait()
        return 0

    def _world(self, towns: list[Town], phase: Phase) -> World:
        self._set(phase)
        return World(towns, self._state / "phase")

    def _set(self, phase: Phase) -> None:
        (self._state / "phase").write_text(phase, "ascii")

    def _port(self) -> int:
        """Return the port of the first time: definitions in the database name it."""
        path = self._state / "port"
        if not path.exists():
            path.write_text(str(free_port()), "ascii")
        return int(path.read_text("ascii"))

    def _period(self) -> str | None:
        """Return None for this week's own run, or a name for one more where this week has had its run."""
        upcoming = {item["type"]: item for item in self._api.call("GET", "/api/schedule")["upcoming"]}
        return None if upcoming["sources"]["schedule_run"] is None else _stamp()

    def _fire(self, towns: list[Town], port: int, *, period: str | None) -> int:
        write_repository(self._folder / REPOSITORY, towns, f"http://127.0.0.1:{port}")
        return int(self._api.call("POST", "/api/schedule", {"type": "sources", "period": period})["id"])

    def _follow(self, schedule_run: int) -> int:
        """Wait until all jobs of a fire have ended, and return its run. Raises WeeklyError."""
        deadline = time.monotonic() + _PATIENCE_S
        said = ""
        while time.monotonic() < deadline:
            told, run = self._look(schedule_run)
            if told != said:
                self._console.print(f"  {told}")
                said = told
            if run is not None:
                return run
            time.sleep(_LOOK_EVERY_S)
        raise WeeklyError(
            f"schedule run {schedule_run} has not come to its end within {_PATIENCE_S / 60:.0f} minutes: {said}"
        )

    def _look(self, schedule_run: int) -> tuple[str, int | None]:
        """Return where a fire stands in words, and its run once all jobs have ended."""
        try:
            found = self._api.call("GET", f"/api/schedule/{schedule_run}")
            if found["state"] == "Failed":
                raise WeeklyError(f"schedule run {schedule_run} failed: {found['error']}")
            if found["run"] is None:
                return f"schedule run {schedule_run}: {found['state']}", None
            jobs = self._api.call("GET", f"/api/run/{found['run']}")["jobs"]
        except HTTPError as error:
            raise WeeklyError(f"the API answered {error.code}: {error.read().decode()[:300]}") from error
        except (URLError, OSError):
            return "the API is away", None
        is_over = found["state"] == "Done" and not any(jobs[status] for status in _UNENDED)
        counts = ", ".join(f"{count} {status}" for status, count in jobs.items() if count and status != "total")
        return f"run {found['run']}: {counts}", found["run"] if is_over else None

    def _tell(self, run: int, towns: Sequence[Town]) -> bool:
        """Print how the broken towns ended, and return whether every town ended as it should."""
        endings = {job["source_name"]: _ending(job) for job in self._jobs(run)}
        table = Table("broken by", "towns", "ended", "as expected")
        for fault in Fault:
            found = [endings.get(town.source_name, _NO_JOB) for town in towns if town.fault is fault]
            if found:
                kinds = Counter(f"{ending.status} {ending.code}".strip() for ending in found)
                words = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
                is_good = all(ending == ENDINGS[fault] for ending in found)
                table.add_row(str(fault), str(len(found)), words, "yes" if is_good else "NO")
        self._console.print(table)
        bad = [town for town in towns if endings.get(town.source_name, _NO_JOB) != _expected(town)]
        whole = sum(town.fault is None for town in towns)
        self._console.print(f"{whole} towns were whole; {len(bad)} of {len(towns)} ended otherwise than expected")
        for town in bad[:20]:
            self._console.print(f"  {town.source_name}: {endings.get(town.source_name, _NO_JOB)}", markup=False)
        return not bad

    def _jobs(self, run: int) -> Iterator[dict[str, Any]]:
        cursor = ""
        while True:
            page = self._api.call("GET", f"/api/run/{run}/jobs?limit={_PAGE}{cursor}")["jobs"]
            yield from page
            if len(page) < _PAGE:
                return
            cursor = f"&cursor={page[-1]['id']}"


def _expected(town: Town) -> Ending:
    return ENDINGS[town.fault] if town.fault else Ending("Success")


def _ending(job: dict[str, Any]) -> Ending:
    return Ending(job["status"], (job["error"] or {}).get("code", ""))


def _api(folder: Path) -> Api:
    path = folder / "env.json"
    if not path.exists():
        raise WeeklyError("no stack runs here: `make up` starts one")
    known = json.loads(path.read_text("utf-8"))
    api = Api(known["OA_API_URL"], known["OA_SHARED_SECRET"])
    if not api.answers():
        raise WeeklyError(f"{api.url} does not answer: `make up` starts a stack")
    return api


def _stamp() -> str:
    return datetime.now(UTC).strftime("trial-%Y%m%dT%H%M%S")


def _wait() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return
