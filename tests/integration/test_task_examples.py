"""Sample rows of real servers, and the explanation of a row of an earlier output."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from click.testing import CliRunner, Result

from oa_api.jobs.quality_gate import find_review_reasons
from oa_shared.failures import exit_status
from oa_shared.placement import read_problems
from oa_task.main import main
from oa_task.results.previous_result import PreviousFolder
from oa_task.row_preview.preview import explain_row, preview_rows
from oa_task.runner.job_runner import TaskJob, run_job
from oa_task.runtime.failure import TaskFailure
from oa_task.sandbox.parent import Sandbox
from support.arcgis_server import PATH, ArcgisServer, point_features

CSV = "NO,ST,CITY,X,Y\n" + "".join(f"{place},{place} Elm St,\x1b[31mred,-100.5,40.25\n" for place in range(50))
MakeJob = Callable[..., TaskJob]
Serve = Callable[[web.Application], Awaitable[TestServer]]


def silent(_phase: str, _done: int, _total: int | None) -> None:
    return None


async def csv(_request: web.Request) -> web.Response:
    return web.Response(text=CSV, content_type="text/csv")


async def shapes(_request: web.Request) -> web.Response:
    place = {"type": "Point", "coordinates": [-100.5, 40.25]}
    feature = {"type": "Feature", "properties": {}, "geometry": place}
    return web.json_response({"type": "FeatureCollection", "features": [feature]})


@pytest.fixture
async def site(aiohttp_server: Serve) -> TestServer:
    app = web.Application()
    app.router.add_get("/data.csv", csv)
    app.router.add_get("/shapes.geojson", shapes)
    return await aiohttp_server(app)


@pytest.fixture
def make_job(tmp_path: Path) -> MakeJob:
    def make(url: str, protocol: str = "http", *, layer: str = "addresses", **conform: Any) -> TaskJob:
        entry = {"name": "city", "data": url, "protocol": protocol, "conform": conform}
        source = tmp_path / "source.json"
        source.write_text(json.dumps({"schema": 2, "coverage": {}, "layers": {layer: [entry]}}))
        out = tmp_path / "out"
        out.mkdir(exist_ok=True)
        return TaskJob(source, layer, "city", out, ("127.0.0.1",), without=frozenset({"tiles", "preview", "profile"}))

    return make


@pytest.fixture
def csv_job(make_job: MakeJob, site: TestServer) -> TaskJob:
    street = {"function": "postfixed_street", "field": "ST"}
    chain = {
        "function": "chain",
        "variable": "town",
        "functions": [
            {"function": "regexp", "field": "CITY", "pattern": "(red)$"},
            {"function": "format", "fields": ["oa:town"], "format": "$1 town"},
        ],
    }
    rules = {"number": "NO", "street": street, "city": chain}
    return make_job(str(site.make_url("/data.csv")), format="csv", lon="X", lat="Y", **rules)


def attributes(row: dict[str, Any]) -> dict[str, Any]:
    return {trace["attribute"]: trace["value"] for trace in row["attributes"]}


async def command(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner(env={"OA_ALLOW_HOSTS": "127.0.0.1"}).invoke, main, list(words))


async def test_preview_rows_returns_raw_and_conformed_rows_and_writes_nothing(csv_job: TaskJob) -> None:
    with Sandbox() as sandbox:
        rows = (await preview_rows(csv_job, 3, silent, sandbox)).rows

    assert [row["row"] for row in rows] == [1, 2, 3]
    assert rows[2]["raw"]["ST"] == "2 Elm St"
    assert attributes(rows[2])["street"] == "Elm St"
    assert rows[0]["geometry"] == "POINT (-100.5 40.25)"
    assert list(csv_job.out.iterdir()) == []


async def test_preview_rows_of_an_arcgis_server_stops_the_download_early(
    make_job: MakeJob, aiohttp_server: Serve
) -> None:
    town = ArcgisServer(features=point_features(5000), most=50, latency_s=0.4)
    server = await aiohttp_server(town.app())
    job = make_job(str(server.make_url(PATH)), "ESRI", format="geojson", number="NO", street="ST")
    with Sandbox() as sandbox:
        rows = (await preview_rows(job, 2, silent, sandbox)).rows

    assert [attributes(row)["number"] for row in rows] == ["0", "1"]
    assert town.pages < 100


async def test_run_job_data_without_columns_has_sample_rows(make_job: MakeJob, site: TestServer) -> None:
    made = make_job(str(site.make_url("/shapes.geojson")), layer="buildings", format="geojson")
    job = replace(made, without=frozenset({"tiles", "preview"}))
    report = await run_job(job, silent)
    (row,) = json.loads((job.out / "sample.json").read_text("utf-8"))["rows"]
    assert report["count"] == 1
    assert row["raw"] == {}
    assert row["geometry"] == "POINT (-100.5 40.25)"


async def test_explain_row_has_functions_columns_and_values(csv_job: TaskJob) -> None:
    await run_job(csv_job, silent)
    output = PreviousFolder.read(csv_job.out)
    assert output is not None

    row = await explain_row(output, 42)

    city = next(trace for trace in row["attributes"] if trace["attribute"] == "city")
    assert row["row"] == row["input_row"] == 42
    assert city["value"] == "red town"
    assert [step["function"] for step in city["step"]["steps"]] == ["regexp", "format"]
    assert city["step"]["steps"][0]["read"] == {"CITY": "\x1b[31mred"}
    assert city["step"]["steps"][0]["result"] == "red"


async def test_explain_command_prints_a_tree_without_control_characters(csv_job: TaskJob) -> None:
    await run_job(csv_job, silent)

    done = await command("explain", str(csv_job.out), "--row", "7")

    assert done.exit_code == 0
    assert "postfixed_street" in done.output
    assert "'Elm St'" in done.output
    assert "\x1b" not in done.output


async def test_explain_command_row_beyond_the_last_fails_with_the_count(csv_job: TaskJob) -> None:
    await run_job(csv_job, silent)

    done = await command("explain", str(csv_job.out), "--row", "51")

    assert done.exit_code == 2
    assert "--row" in done.output
    assert " 50 " in done.output


async def test_explain_command_other_folder_fails(tmp_path: Path) -> None:
    done = await command("explain", str(tmp_path), "--row", "1")

    assert done.exit_code == 2
    assert "OUT" in done.output


async def test_run_command_sample_prints_control_characters_as_question_marks(csv_job: TaskJob) -> None:
    words = ("--layer", "addresses", "--name", "city")
    done = await command("run", str(csv_job.definition), *words, "--sample", "1")

    assert done.exit_code == 0
    assert "?[31mred" in done.output
    assert "\x1b[31m" not in done.output


async def test_run_command_without_out_and_sample_fails(csv_job: TaskJob) -> None:
    done = await command("run", str(csv_job.definition), "--layer", "addresses", "--name", "city")

    assert done.exit_code == 2
    assert "--out" in done.output
    assert "--sample" in done.output


async def test_check_command_with_data_reports_missing_columns(make_job: MakeJob, site: TestServer) -> None:
    street = {"function": "postfixed_street", "field": "STR"}
    rules = {"number": "NUM", "street": street, "city": "CITY", "unit": "FLAT"}
    job = make_job(str(site.make_url("/data.csv")), format="csv", lon="X", lat="Y", **rules)

    done = await command("check", str(job.definition), "--data", "--json")

    found = [json.loads(line) for line in done.output.splitlines()]
    missing = {item["pointer"]: item for item in found if item["code"] == "source.columns_missing"}
    conform = "/layers/addresses/0/conform"
    assert {pointer: item["severity"] for pointer, item in missing.items()} == {
        f"{conform}/street": "error",
        f"{conform}/number": "error",
        f"{conform}/unit": "warning",
    }
    assert "nearest: 'ST'" in missing[f"{conform}/street"]["message"]
    assert done.exit_code == 10


async def test_check_command_with_missing_data_reports_the_failure(make_job: MakeJob, site: TestServer) -> None:
    job = make_job(str(site.make_url("/gone.csv")), format="csv", lon="X", lat="Y", number="NO", street="ST")

    done = await command("check", str(job.definition), "--data", "--quiet", "--json")

    findings = [json.loads(line) for line in done.output.splitlines()]
    assert ("/layers/addresses/0/data", "source.not_found") in {(item["pointer"], item["code"]) for item in findings}


def _unknown_row(n: int) -> str:
    """Return a row of which two in three are at 0, 0."""
    return f"{n},Elm St,0,0\n" if n % 3 else f"{n},Elm St,{-73.95 + n % 20 * 0.001},{40.65 + n // 20 * 0.001}\n"


@pytest.fixture
async def town(aiohttp_server: Serve) -> TestServer:
    """Serve 200 addresses in Brooklyn as degrees, as feet of EPSG:2263, at an impossible latitude, and unreadable."""

    def rows(scale_x: float, x: float, scale_y: float, y: float) -> str:
        places = [(place % 20, place // 20) for place in range(200)]
        lines = (f"{n},Elm St,{x + i * scale_x},{y + j * scale_y}\n" for n, (i, j) in enumerate(places))
        return "NO,ST,X,Y\n" + "".join(lines)

    files = {
        "degrees": rows(0.001, -73.95, 0.001, 40.65),
        "swapped": rows(0.001, 40.65, 0.001, -73.95),
        "feet": rows(300, 995_000, 300, 175_000),
        "impossible": rows(0.001, -73.95, 0, -99),
        "unknown": "NO,ST,X,Y\n" + "".join(_unknown_row(n) for n in range(300)),
        "angles": "NO,ST,X,Y\n" + "".join(f"{n},Elm St,73° 57' W,40° 3{n % 10}' N\n" for n in range(200)),
        "words": "NO,ST,X,Y\n" + "".join(f"{n},Elm St,n/a,n/a\n" for n in range(200)),
    }

    async def serve(request: web.Request) -> web.Response:
        return web.Response(text=files[request.match_info["name"]], content_type="text/csv")

    app = web.Application()
    app.router.add_get("/{name}.csv", serve)
    return await aiohttp_server(app)


def _set_coverage(job: TaskJob) -> None:
    definition = json.loads(job.definition.read_text())
    job.definition.write_text(json.dumps({**definition, "coverage": {"US Census": {"geoid": "36047"}}}))


@dataclass(frozen=True)
class _Case:
    """A file, the system that the definition states, and the findings and the explanation that follow."""

    name: str
    srs: str | None = None
    codes: tuple[str, ...] = ()
    explanation: str = ""

    @property
    def failure(self) -> str | None:
        return next((code for code in self.codes if code.startswith("source.")), None)


@pytest.mark.parametrize(
    "case",
    [
        _Case("degrees"),
        _Case("feet", "EPSG:2263"),
        _Case("swapped", None, ("outside_coverage",), "latitude and longitude were swapped"),
        _Case("feet", "EPSG:2225", ("outside_coverage",), "EPSG:2263"),
        _Case("degrees", "EPSG:32055", ("one_spot", "outside_coverage"), "EPSG:4326"),
        _Case("feet", None, ("source.crs",), "EPSG:2263"),
        _Case("impossible", None, ("source.crs",), "-99"),
        _Case("unknown", None, ("no_place",), "67%"),
        _Case("angles", None, ("source.bad_rows",), "73° 57"),
        _Case("words", None, ("source.bad_rows",), "n/a"),
    ],
    ids=lambda case: f"{case.name}-{case.srs}",
)
async def test_data_in_the_wrong_place_is_reported_by_check_try_and_the_job(
    make_job: MakeJob, town: TestServer, case: _Case
) -> None:
    rules = {"number": "NO", "street": "ST", **({"srs": case.srs} if case.srs else {})}
    job = make_job(str(town.make_url(f"/{case.name}.csv")), format="csv", lon="X", lat="Y", **rules)
    _set_coverage(job)
    source = str(job.definition)

    checked = await command("check", source, "--data", "--json")
    findings = [json.loads(line) for line in checked.output.splitlines()]
    placed = [item for item in findings if item["pointer"].endswith("/conform") and item["severity"] != "hint"]
    assert tuple(item["code"] for item in placed) == case.codes
    assert case.explanation in (placed[-1]["message"] if placed else "")
    assert checked.exit_code == (10 if case.failure else 0)

    tried = await command("try", source)
    assert tried.exit_code == (exit_status(case.failure) if case.failure else 0)
    assert all(code in tried.output for code in case.codes)
    assert "Elm St" in tried.output
    assert "NaN" not in tried.output

    if case.failure:
        with pytest.raises(TaskFailure, match=re.escape(case.explanation)) as caught:
            await run_job(job, silent)
        assert caught.value.code == case.failure
        return
    report = await run_job(job, silent)
    assert tuple(problem.code for problem in read_problems(report)) == case.codes
    assert tuple(reason.code for reason in find_review_reasons(report, None)) == case.codes
