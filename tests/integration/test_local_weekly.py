"""The broken towns of a weekly trial fail as its table says, and are good once mended."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from oa_local.process import free_port
from oa_local.weekly import server
from oa_local.weekly.faults import ENDINGS, PASSING, Fault
from oa_local.weekly.server import Phase, World, served
from oa_local.weekly.towns import ROWS, Town, definition, make_towns, write_repository
from oa_shared.source_definition import validate_definition
from oa_task.download.limits import DownloadLimits
from oa_task.runner.job_runner import RunLimits, TaskJob, run_job
from oa_task.runtime.failure import TaskFailure

QUICK = RunLimits(download=DownloadLimits(stall_s=5, connect_s=2, total_s=30, tries=1))
LASTING = [fault for fault in Fault if fault not in PASSING]


class Place:
    """The towns of every fault, served."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.url = folder, f"http://127.0.0.1:{port}"
        self.towns = {fault: Town(number, fault) for number, fault in enumerate(Fault)}
        self.phase = folder / "phase"
        self.phase.write_text(Phase.BROKEN)
        self.world = World(list(self.towns.values()), self.phase)

    async def ending(self, town: Town) -> tuple[str, str | int]:
        """Run a town's job and return how it ended: with a code, or with so many features."""
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
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setattr(server, "_SLOW_S", 0.1)
    port = free_port()
    made = Place(tmp_path, port)
    with served(made.world, port):
        yield made


@pytest.mark.parametrize("fault", LASTING)
async def test_town_that_is_broken_ends_as_the_table_says_until_mended(place: Place, fault: Fault) -> None:
    status, told = await place.ending(place.towns[fault])
    expected = ENDINGS[fault]
    if fault is Fault.DROP:
        assert told == ROWS // 2
    else:
        assert (status, told if expected.code else "") == (expected.status, expected.code)
    place.phase.write_text(Phase.MENDED)
    assert await place.ending(place.towns[fault]) == ("Success", ROWS)


@pytest.mark.parametrize(("fault", "code"), [(Fault.BUSY, "http_5xx"), (Fault.CUT_OFF, "truncated")])
async def test_town_with_a_passing_trouble_heals(
    place: Place, monkeypatch: pytest.MonkeyPatch, fault: Fault, code: str
) -> None:
    assert await place.ending(place.towns[fault]) == ("Fail", f"upstream.{code}")
    monkeypatch.setattr(server, "PASSES_AFTER_S", 0.0)
    assert await place.ending(place.towns[fault]) == ("Success", ROWS)


def test_towns_are_broken_in_every_way_and_as_often_as_asked_for() -> None:
    towns = make_towns(300, 30)
    assert len(towns) == len({town.source_name for town in towns}) == 300
    faults = [town.fault for town in towns if town.fault]
    assert len(faults) == 30
    assert set(faults) == set(Fault)
    assert not [town for town in make_towns(5, 0) if town.fault]


def test_definitions_of_towns_are_valid_and_replace_those_of_before(tmp_path: Path) -> None:
    write_repository(tmp_path, make_towns(30, 10), "http://127.0.0.1:1")
    write_repository(tmp_path, make_towns(20, 10), "http://127.0.0.1:1")
    paths = list((tmp_path / "sources").rglob("*.json"))
    assert len(paths) == 20
    assert [validate_definition(json.loads(path.read_text())) for path in paths] == [[]] * 20
