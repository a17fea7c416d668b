"""`oa init`: the proposed definitions of data at a URL pass `check --data` and `try`, with every row right."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from support.address_data import COUNT, csv_bytes, expected_attributes, towns, zipped_shapefile
from support.arcgis_server import PATH, ArcgisServer
from support.command_line import OA, ProgramResult, run

FETCHES: Counter[str] = Counter()


def arcgis() -> ArcgisServer:
    features = [
        {
            "attributes": {name: value for name, value in row.items() if name not in {"lon", "lat"}},
            "geometry": {"x": row["lon"], "y": row["lat"]},
        }
        for row in towns()
    ]
    fields = [{"name": name, "type": "esriFieldTypeString"} for name in features[0]["attributes"] if name != "OBJECTID"]
    fields.append({"name": "OBJECTID", "type": "esriFieldTypeOID"})
    return ArcgisServer(features, metadata={"fields": fields})


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[TestServer]:
    folder = tmp_path / "shapes"
    folder.mkdir()
    files = {
        "/data.zip": zipped_shapefile(folder),
        "/page.html": b"<!DOCTYPE html><html><title>Open data</title><body>Hello</body></html>",
    }
    FETCHES.clear()

    async def send(request: web.Request) -> web.Response:
        FETCHES[request.path] += 1
        return web.Response(body=files[request.path])

    async def service(_request: web.Request) -> web.Response:
        layers = [{"id": 4, "name": "Hydrants"}, {"id": 0, "name": "Address points"}]
        return web.json_response({"layers": [{**layer, "type": "Feature Layer"} for layer in layers]})

    app = arcgis().app()
    app.router.add_get(PATH.removesuffix("/0"), service)
    for path in files:
        app.router.add_get(path, send)
    async with TestServer(app, host="127.0.0.1") as server:
        yield server


async def oa(*words: str | Path) -> ProgramResult:
    return await run(OA, *map(str, words), OA_ALLOW_HOSTS="127.0.0.1")


@pytest.mark.parametrize("path", ["/data.zip", PATH.removesuffix("/0")])
async def test_proposal_passes_check_and_try_with_every_row_right(path: str, tmp_path: Path, site: TestServer) -> None:
    target = tmp_path / "source.json"
    made = await oa("init", str(site.make_url(path)), "--source", "us/ca/berkeley", "--out", target)
    assert made.status == 0, made.err
    assert all(word in made.err for word in ("ADDR_NUM", "high", "107", "license", "oa check --data"))
    checked = await oa("check", target, "--data", "--json", "--quiet")
    assert (checked.status, checked.out) == (0, "")
    tried = await oa("try", target, "--sample", str(COUNT), "--json")
    rows = [{trace["attribute"]: trace["value"] for trace in row["attributes"]} for row in tried.json]
    wanted = [expected_attributes(row) for row in towns()]
    assert [{name: row[name] or "" for name in wanted[0]} for row in rows] == wanted


async def test_file_of_this_machine_has_its_definition_on_standard_output(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(csv_bytes(towns()))
    made = await oa("init", path)
    assert json.loads(made.out)["layers"]["addresses"][0]["conform"]["number"] == "ADDR_NUM"
    assert "oa upload" in made.err


async def test_web_page_is_fetched_once_by_each_command(tmp_path: Path, site: TestServer) -> None:
    page = str(site.make_url("/page.html"))
    made = await oa("init", page, "--json")
    assert (made.status, made.json["code"]) == (20, "upstream.not_data")
    conform = {"format": "csv", "lon": "X", "lat": "Y", "number": "NUMBER", "street": "STREET"}
    entry = {"name": "city", "protocol": "http", "data": page, "conform": conform}
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"schema": 2, "coverage": {}, "layers": {"addresses": [entry]}}))
    tried, checked = await oa("try", path), await oa("check", "--data", path, "--quiet")
    assert all("a web page instead of data" in text for text in (made.json["message"], tried.err, checked.out))
    assert FETCHES["/page.html"] == 3


async def test_existing_file_stays(tmp_path: Path, site: TestServer) -> None:
    target = tmp_path / "source.json"
    target.write_text("mine")
    made = await oa("init", str(site.make_url("/data.zip")), "--out", target)
    assert (made.status, target.read_text()) == (2, "mine")
