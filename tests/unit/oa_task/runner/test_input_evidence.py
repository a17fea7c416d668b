"""What a failed job keeps: columns and first rows of its input, places with fixes, the answer of the server."""

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from oa_shared.failure_details import FaultyPlace, Fix, FixAction
from oa_task.runner.job_runner import TaskJob, run_job
from oa_task.runtime.failure import TaskFailure

CSV = "HOUSE_NUM,STREET,LONGITUDE,LATITUDE\n1,Main,-100,40\n2,Oak,-100.1,40.1\n"
CONFORM = {"format": "csv", "number": "HOUSE_NUM", "street": "STREET", "lon": "LONGITUDE", "lat": "LATITUDE"}
BODIES = {"/data.csv": CSV, "/page.csv": "<html><title>Gone fishing</title></html>", "/binary.csv": "%PDF-1.7 \x00\x01"}


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    async def answer(request: web.Request) -> web.Response:
        status = 200 if request.path in BODIES else 404
        body = BODIES.get(request.path, "<html><title>Not here</title>" + "x" * 2_000)
        return web.Response(text=body, status=status, headers={"Set-Cookie": "a=b", "Last-Modified": "yesterday"})

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with TestServer(app, host="127.0.0.1") as opened:
        yield opened


async def fail(
    server: TestServer,
    folder: Path,
    path: str,
    conform: Mapping[str, object],
    *,
    exception: str = "http://127.0.0.1:{}",
) -> TaskFailure:
    entry = {"name": "city", "data": str(server.make_url(path)), "protocol": "http", "conform": conform}
    definition, out = folder / "source.json", folder / "out"
    definition.write_text(json.dumps({"schema": 2, "coverage": {}, "layers": {"addresses": [entry]}}))
    out.mkdir()
    allowed = (exception.format(server.port),)
    job = TaskJob(definition, "addresses", "city", out, allowed, evidence=folder / "evidence")
    with pytest.raises(TaskFailure) as caught:
        await run_job(job, lambda _phase, _done, _total: None)
    assert list(out.iterdir()) == [], "a failed job leaves no output"
    return caught.value


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"number": "HOUSENUM"}, FaultyPlace("/conform/number", Fix(FixAction.REPLACE, "HOUSE_NUM", "HOUSENUM"))),
        ({"lon": "LONGITUD"}, FaultyPlace("/conform/lon", Fix(FixAction.REPLACE, "LONGITUDE", "LONGITUD"))),
        ({"number": "PARCEL"}, FaultyPlace("/conform/number")),
        ({"format": "geojson"}, FaultyPlace("/conform/format", Fix(FixAction.REPLACE, "csv", "geojson"))),
    ],
    ids=["column", "coordinate", "no similar column", "format of the content"],
)
async def test_failure_after_the_download_keeps_columns_rows_and_a_sure_fix(
    server: TestServer, tmp_path: Path, change: Mapping[str, object], place: FaultyPlace
) -> None:
    changed = {**CONFORM, **change}
    failure = await fail(server, tmp_path, "/data.csv", {key: value for key, value in changed.items() if value})
    assert failure.places == [place]
    profile = json.loads((tmp_path / "evidence/profile.json").read_text())
    rows = json.loads((tmp_path / "evidence/sample.json").read_text())["rows"]
    assert list(profile["columns"]) == ["HOUSE_NUM", "STREET", "LONGITUDE", "LATITUDE"]
    assert [row["raw"]["HOUSE_NUM"] for row in rows] == ["1", "2"]
    assert failure.answer is not None
    assert (failure.answer.status, failure.answer.start) == (200, CSV)


@pytest.mark.parametrize(
    ("path", "status", "start"),
    [("/gone.csv", 404, "<html><title>Not here</title>x"), ("/page.csv", 200, BODIES["/page.csv"])],
)
async def test_failed_download_keeps_the_first_500_bytes_of_the_answer_without_cookies(
    server: TestServer, tmp_path: Path, path: str, status: int, start: str
) -> None:
    failure = await fail(server, tmp_path, path, CONFORM)
    assert failure.answer is not None
    assert failure.answer.status == status
    assert failure.answer.start.startswith(start)
    assert len(failure.answer.start) <= 500
    assert failure.answer.headers["Last-Modified"] == "yesterday"
    assert "Set-Cookie" not in failure.answer.headers


async def test_answer_that_is_not_text_is_hexadecimal(server: TestServer, tmp_path: Path) -> None:
    failure = await fail(server, tmp_path, "/binary.csv", CONFORM)
    assert failure.answer is not None
    assert "\x00" not in failure.answer.start


@pytest.mark.parametrize("exception", ["127.0.0.1:{}", "127.0.0.1"])
async def test_answer_of_a_host_opened_by_exception_is_never_kept(
    server: TestServer, tmp_path: Path, exception: str
) -> None:
    failure = await fail(server, tmp_path, "/gone.csv", CONFORM, exception=exception)
    assert failure.answer is None


async def test_input_of_an_opened_service_leaves_no_evidence(server: TestServer, tmp_path: Path) -> None:
    failure = await fail(server, tmp_path, "/data.csv", {**CONFORM, "number": "HOUSENUM"}, exception="127.0.0.1:{}")
    assert (failure.places, failure.answer) == ([], None)
    assert not (tmp_path / "evidence").exists()
