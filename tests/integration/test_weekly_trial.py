"""The jobs of broken towns end as the weekly trial expects, and succeed after the fix."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from oa_local.process import free_port
from oa_shared.source_definition import validate_definition
from oa_task.download.limits import DownloadLimits
from oa_task.runner.job_runner import RunLimits, TaskJob, run_job
from oa_task.runtime.failure import TaskFailure
from oa_tools.weekly import server
from oa_tools.weekly.faults import OUTCOMES, TEMPORARY, Fault
from oa_tools.weekly.server import Phase, TownServer, serving
from oa_tools.weekly.towns import ROWS, Town, definition, make_towns, write_repository

QUICK = RunLimits(download=DownloadLimits(stall_s=5, connect_s=2, total_s=30, tries=1))
LASTING = [fault for fault in Fault if fault not in TEMPORARY]


class Towns:
    """One town with each fault, and the server of their data."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.url = folder, f"http://127.0.0.1:{port}"
        self.by_fault = {fault: Town(number, fault) for number, fault in enumerate(Fault)}
        self.phase = folder / "phase"
        self.phase.write_text(Phase.BROKEN)
        self.server = TownServer(list(self.by_fault.values()), self.phase)

    async def ending(self, town: Town) -> tuple[str, str | int]:
        """Run the job of a town and return how it ended: with a code or a number of features."""
        source = self.folder / f"{town.number}.json"
        source.write_text(json.dumps(definition(town, self.url)))
        out = self.folder / f"out-{town.number}-{len(list(self.folder.iterdir()))}"
        out.mkdir()
        without = frozenset({"preview", "tiles", "parquet", "profile"})
        job = TaskJob(source, "addresses", "town", out, ("127.0.0.1",), without=without)
        try:
            report = await run_job(job, lambda *_: None, QUICK)
        except TaskFailure as failure:
            return "Fail", failure.code
        return ("Success", report["count"]) if report["valid"] else ("Warn", report["count"])


@pytest.fixture
def towns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Towns]:
    monkeypatch.setattr(server, "_SLOW_S", 0.1)
    port = free_port()
    made = Towns(tmp_path, port)
    with serving(made.server, port):
        yield made


@pytest.mark.parametrize("fault", LASTING)
async def test_broken_town_ends_as_expected_until_fixed(towns: Towns, fault: Fault) -> None:
    status, detail = await towns.ending(towns.by_fault[fault])
    expected = OUTCOMES[fault]
    if fault is Fault.DROP:
        assert detail == ROWS // 2
    else:
        assert status == expected.status
        assert (detail if expected.code else "") == expected.code
    towns.phase.write_text(Phase.FIXED)
    assert await towns.ending(towns.by_fault[fault]) == ("Success", ROWS)


@pytest.mark.parametrize(("fault", "code"), [(Fault.BUSY, "http_5xx"), (Fault.CUT_OFF, "truncated")])
async def test_town_with_a_temporary_fault_recovers(
    towns: Towns, monkeypatch: pytest.MonkeyPatch, fault: Fault, code: str
) -> None:
    assert await towns.ending(towns.by_fault[fault]) == ("Fail", f"upstream.{code}")
    monkeypatch.setattr(server, "TEMPORARY_S", 0.0)
    assert await towns.ending(towns.by_fault[fault]) == ("Success", ROWS)


async def test_grown_town_has_more_rows_and_the_others_have_the_same_data(towns: Towns) -> None:
    first, second = Town(100, None), Town(101, None)
    served = TownServer([first, second], towns.phase)
    before = [served.answer(f"/{town.file}") for town in (first, second)]
    served.grow([first], rows=2)
    served.grow([first])
    assert served.answer(f"/{first.file}")[1].startswith(before[0][1])
    assert served.answer(f"/{first.file}")[1].count(b"\n") == before[0][1].count(b"\n") + 3
    assert served.answer(f"/{second.file}") == before[1]


def test_make_towns_has_every_fault_and_the_given_number_of_them() -> None:
    towns = make_towns(300, 30)
    assert len(towns) == len({town.source_name for town in towns}) == 300
    faults = [town.fault for town in towns if town.fault]
    assert len(faults) == 30
    assert set(faults) == set(Fault)
    assert not [town for town in make_towns(5, 0) if town.fault]


def test_write_repository_replaces_earlier_definitions_with_valid_ones(tmp_path: Path) -> None:
    write_repository(tmp_path, make_towns(30, 10), "http://127.0.0.1:1")
    write_repository(tmp_path, make_towns(20, 10), "http://127.0.0.1:1")
    paths = list((tmp_path / "sources").rglob("*.json"))
    assert len(paths) == 20
    assert [validate_definition(json.loads(path.read_text())) for path in paths] == [[]] * 20
