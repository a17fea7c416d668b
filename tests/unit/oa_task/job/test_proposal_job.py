"""A job that proposes a definition: the answer of `oa init`, its first rows, bounded, or a reason; no local file."""

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from oa_shared.job_result import read_result
from oa_shared.proposal_request import ProposalRequest, read_proposal_request
from oa_shared.public_http import Guard
from oa_shared.source_definition import validate_definition
from oa_task.job import proposal_job
from oa_task.job.sample_job import run_sample_job
from oa_task.proposal.definition_proposal import ProposalOptions, propose_definition
from oa_task.proposal.inspection import describe_source
from oa_task.runner.job_runner import TaskJob
from oa_task.runtime.failure import TaskFailure
from oa_task.sandbox.parent import Sandbox
from support.address_data import COUNT, csv_bytes, expected_attributes, towns

_SOURCE = "us/ca/berkeley"
_HOSTILE = "<script>alert(1)</script>" + "x" * 2_000


def _no_progress(_phase: str, _done: int, _total: int | None) -> None:
    """Ignore progress."""


@pytest.fixture
async def site() -> AsyncIterator[TestServer]:
    many = ",".join(f"COLUMN_{number}" for number in range(900))
    files: Mapping[str, bytes] = {
        "/towns.csv": csv_bytes(towns()),
        "/empty.csv": b"",
        "/wide.csv": f"HOUSE_NO,STREET,LON,LAT,NOTE,{many}\n1,Main St,-122.2,37.8,{_HOSTILE}{',' * 900}\n".encode(),
        "/outside.csv": b"HOUSE_NO,STREET,LON,LAT\n1,Main St,-122.2,37.8\n2,Main St,-122.2,37.8\n",
    }

    async def send(request: web.Request) -> web.Response:
        return web.Response(body=files[request.path])

    app = web.Application()
    for path in files:
        app.router.add_get(path, send)
    async with TestServer(app, host="127.0.0.1") as server:
        yield server


async def propose(folder: Path, url: str, *, layer: str | None = None, hosts: tuple[str, ...] = ("127.0.0.1",)) -> Any:
    """Return the result of the job, its proposal and its rows."""
    request = ProposalRequest(url, layer, _SOURCE)
    definition, out = folder / "source.json", folder / "out"
    definition.write_text(request.as_text(), "utf-8")
    out.mkdir()
    job = TaskJob(definition, request.job_layer, "proposal", out, allowed_hosts=hosts)
    report = await run_sample_job(job, 100, _no_progress)
    proposal = json.loads((out / "proposal.json").read_text())
    return report, proposal, json.loads((out / "sample.json").read_text())["rows"]


async def test_job_proposes_what_the_command_does_and_shows_the_first_rows(tmp_path: Path, site: TestServer) -> None:
    url = str(site.make_url("/towns.csv"))
    report, proposal, rows = await propose(tmp_path, url)
    with Sandbox() as sandbox:
        data = await describe_source(url, sandbox, guard=Guard(("127.0.0.1",)), on_progress=_no_progress)
    expected = propose_definition(data, ProposalOptions(_SOURCE))

    assert proposal["definition"] == expected.definition
    assert [guess["key"] for guess in proposal["guesses"]] == [guess.key for guess in expected.guesses]
    assert report["warnings"] == proposal["remarks"] == expected.remarks
    assert (report["sample"], report["proposal"], report["count"]) == (True, True, COUNT)
    conformed = [{trace["attribute"]: trace["value"] for trace in row["attributes"]} for row in rows]
    wanted = [expected_attributes(row) for row in towns()]
    assert [{name: row[name] or "" for name in wanted[0]} for row in conformed] == wanted
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"manifest.json", "proposal.json", "sample.json"}


@pytest.mark.parametrize(
    ("path", "layer", "code_and_words"),
    [
        ("/empty.csv", None, ("source.empty", "empty")),
        ("/outside.csv", "parcels", ("source.columns_missing", "the ID of a parcel")),
        ("/service/wfs", None, ("source.format", "request=GetFeature")),
        ("/gone.csv", None, ("source.not_found", "404")),
    ],
    ids=["empty", "columns", "service", "gone"],
)
async def test_data_without_a_proposal_has_a_reason_and_leaves_no_files(
    tmp_path: Path, site: TestServer, path: str, layer: str | None, code_and_words: tuple[str, str]
) -> None:
    with pytest.raises(TaskFailure) as failed:
        await propose(tmp_path, str(site.make_url(path)), layer=layer)
    code, words = code_and_words
    assert failed.value.code == code
    assert words in failed.value.message
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("url", ["/etc/passwd", "file:///etc/passwd", "gopher://example.org/1", "source.json"])
async def test_file_of_the_machine_is_no_data(tmp_path: Path, url: str) -> None:
    with pytest.raises(TaskFailure, match="is not the URL of data"):
        await propose(tmp_path, url)


async def test_private_address_is_refused(tmp_path: Path, site: TestServer) -> None:
    with pytest.raises(TaskFailure) as failed:
        await propose(tmp_path, str(site.make_url("/towns.csv")), hosts=())
    assert failed.value.code == "source.address_refused"


async def test_names_of_an_internal_service_are_withheld(tmp_path: Path, site: TestServer) -> None:
    url = str(site.make_url("/outside.csv"))
    with pytest.raises(TaskFailure) as failed:
        await propose(tmp_path, url, layer="parcels", hosts=(f"127.0.0.1:{site.port}",))
    assert failed.value.code == "source.columns_missing"
    assert "details are withheld" in failed.value.message
    assert "HOUSE_NO" not in failed.value.message


async def test_large_names_and_values_are_bounded(
    tmp_path: Path, site: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wide").mkdir()
    _report, wide, _rows = await propose(tmp_path / "wide", str(site.make_url("/wide.csv")))
    assert (len(wide["columns"]), wide["columns_in_all"]) == (300, 905)
    example = wide["columns"][4]["examples"][0]
    assert example.startswith("<script>")
    assert len(example.encode()) <= 400
    (tmp_path / "large").mkdir()
    monkeypatch.setattr(proposal_job, "MAX_DEFINITION_BYTES", 100)
    with pytest.raises(TaskFailure, match="limit 100 bytes") as failed:
        await propose(tmp_path / "large", str(site.make_url("/outside.csv")))
    assert failed.value.code == "source.too_large"


async def test_rules_that_the_rows_do_not_pass_are_a_remark(
    tmp_path: Path, site: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise TaskFailure("source.crs", "the coordinates are in no known system")

    monkeypatch.setattr(proposal_job, "preview_downloaded", fail)
    report, proposal, rows = await propose(tmp_path, str(site.make_url("/towns.csv")))
    assert (rows, report["count"], report["proposal"]) == ([], 0, True)
    assert "the coordinates are in no known system" in proposal["remarks"][-1]
    assert read_result(report)["count"] == 0


def test_only_a_request_is_one() -> None:
    request = ProposalRequest("https://example.org/a.zip", "parcels", _SOURCE)
    document = json.loads(request.as_text())
    assert read_proposal_request(document) == request
    assert [problem.message for problem in validate_definition(document)]
    plain = {key: value for key, value in document.items() if key != "propose"}
    assert validate_definition(plain) == []
    assert read_proposal_request(plain) is None
    for broken in (
        {**document, "propose": 1},
        {**document, "layers": {"parcels": []}},
        {**document, "layers": []},
        {**document, "propose": {"layer": "roads"}},
        {**document, "propose": {"layer": ["parcels"]}},
        {**document, "propose": {"layer": "parcels", "source": 1}},
        [document],
    ):
        assert read_proposal_request(broken) is None
