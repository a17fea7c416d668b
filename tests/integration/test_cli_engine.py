"""`oa check`, `try`, `explain`, `diff` and `build` without an API."""

import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from oa_shared.failures import FAILURES
from support.command_line import OA, ProgramResult, run

OA_TASK = OA.with_name("oa-task")

BEFORE = "NO,ST,ID,X,Y\n1,Main St,a,-100,40\n2,Main St,b,-100.1,40\n3,Oak Ave,c,-100.2,40\n"
AFTER = "NO,ST,ID,X,Y\n1,Main St,a,-100,40\n2,Main Street,b,-100.1,40\n4,,d,-100.3,40\n"


async def oa(*words: str | Path, program: Path | None = None, path: str | None = None) -> ProgramResult:
    return await run(program or OA, *map(str, words), path=path, OA_ALLOW_HOSTS="127.0.0.1")


_DEFINITION_PATH = "/sources/city.json"


@pytest.fixture
async def site() -> AsyncIterator[TestServer]:
    async def before(_request: web.Request) -> web.Response:
        return web.Response(text=BEFORE)

    async def after(_request: web.Request) -> web.Response:
        return web.Response(text=AFTER)

    async def send_definition(request: web.Request) -> web.Response:
        body = _definition(str(request.url.origin()), "before")
        return web.json_response(body)

    async def long(_request: web.Request) -> web.Response:
        return web.Response(text=" " * 3_000_000)

    app = web.Application()
    app.router.add_get(_DEFINITION_PATH, send_definition)
    app.router.add_get("/long.json", long)
    app.router.add_get("/before.csv", before)
    app.router.add_get("/after.csv", after)
    async with TestServer(app, host="127.0.0.1") as server:
        yield server


def _definition(origin: str, file: str, **conform: Any) -> dict[str, Any]:
    rules = {"format": "csv", "number": "NO", "street": "ST", "id": "ID", "lon": "X", "lat": "Y", **conform}
    entry = {"name": "city", "data": f"{origin}/{file}.csv", "protocol": "http", "conform": rules}
    return {"schema": 2, "coverage": {}, "layers": {"addresses": [entry]}}


def definition(folder: Path, site: TestServer, file: str, **conform: Any) -> Path:
    path = folder / f"{file}.json"
    path.write_text(json.dumps(_definition(str(site.make_url("/").origin()), file, **conform)))
    return path


async def test_check_has_the_output_and_status_of_the_engine(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    ended = await oa("check", "--json", tmp_path / "x.json")
    assert ended.status == 10
    assert ended.json["code"] == "source.schema"


async def test_try_shows_the_first_features_of_the_only_entry(tmp_path: Path, site: TestServer) -> None:
    ended = await oa("try", definition(tmp_path, site, "before"), "--sample", "2", "--json")
    assert ended.status == 0
    assert [row["raw"]["NO"] for row in ended.json] == ["1", "2"]
    assert {trace["attribute"]: trace["value"] for trace in ended.json[0]["attributes"]}["street"] == "Main St"


async def test_try_of_several_entries_lists_them(tmp_path: Path, site: TestServer) -> None:
    path = definition(tmp_path, site, "before")
    whole = json.loads(path.read_text())
    whole["layers"]["addresses"].append({**whole["layers"]["addresses"][0], "name": "county"})
    path.write_text(json.dumps(whole))
    ended = await oa("try", path)
    assert ended.status == 10
    assert all(word in ended.err for word in ("addresses/city, addresses/county", "--layer", "--name"))
    ended = await oa("try", path, "--name", "town", "--json")
    assert ended.json["code"] == "source.schema"
    assert "addresses/city, addresses/county" in ended.json["message"]
    assert (await oa("try", path, "--name", "county")).status == 0


async def test_diff_of_definitions_has_counts_rates_and_examples(tmp_path: Path, site: TestServer) -> None:
    sides = definition(tmp_path, site, "before"), definition(tmp_path, site, "after")
    ended = await oa("diff", *sides, "--json")
    assert ended.status == 0
    found = ended.json
    assert found["count"] == [3, 3]
    assert found["valid"] == [3, 2]
    assert found["fields"]["number"] == [1.0, 1.0]
    assert found["fields"]["street"] == [1.0, 0.6667]
    assert found["changes"] == {"added": 1, "removed": 1, "changed": 1, "unchanged": 1}
    (changed,) = found["examples"]["changed"]
    streets = [side["properties"]["street"] for side in (changed["before"], changed["feature"])]
    assert streets == ["Main St", "Main Street"]
    assert [change["feature"]["properties"]["id"] for change in found["examples"]["added"]] == ["d"]
    assert [change["feature"]["properties"]["id"] for change in found["examples"]["removed"]] == ["c"]


async def test_diff_of_run_folders_prints_a_table(tmp_path: Path, site: TestServer) -> None:
    task = OA_TASK
    for file in ("before", "after"):
        source = definition(tmp_path, site, file)
        words = ["--layer", "addresses", "--name", "city", "--out", tmp_path / file, "--without", "tiles"]
        assert (await oa("run", source, *words, program=task)).status == 0
    ended = await oa("diff", tmp_path / "before", tmp_path / "after", "--examples", "1")
    assert ended.status == 0
    assert "1 added, 1 removed, 1 changed, 1 unchanged" in ended.out
    assert "~ street Main St → Main Street  id b" in ended.out
    assert "66.7%" in ended.out
    assert "100.0%" in ended.out


async def test_diff_without_ids_reads_as_the_field_that_a_rule_lost(tmp_path: Path, site: TestServer) -> None:
    before = definition(tmp_path, site, "before")
    source = json.loads(before.read_text())
    for entry in source["layers"]["addresses"]:
        entry["conform"].pop("id", None)
    before.write_text(json.dumps(source))
    for entry in source["layers"]["addresses"]:
        entry["conform"]["number"] = {"function": "regexp", "field": "NO", "pattern": "x(.)"}
    after = tmp_path / "broken.json"
    after.write_text(json.dumps(source))
    ended = await oa("diff", before, after)
    assert ended.status == 0
    assert "0 added, 0 removed, 3 changed, 0 unchanged" in ended.out
    assert "number: 3 lost, for example 1 → nothing" in ended.out


async def test_diff_of_a_folder_without_a_run_fails(tmp_path: Path, site: TestServer) -> None:
    ended = await oa("diff", tmp_path, definition(tmp_path, site, "after"))
    assert ended.status == 12
    assert ended.err.startswith("source.format ")
    assert str(tmp_path) in "".join(ended.err.split())


async def test_try_counts_the_rows_of_a_file_in_place_of_the_download(tmp_path: Path) -> None:
    path, data = tmp_path / "source.json", tmp_path / "data.csv"
    path.write_text(json.dumps(_definition("https://example.org", "missing")))
    data.write_text(f"{BEFORE}4,Elm St,d,east,40\n")
    ended = await oa("try", path, "--rows", "100", "--data", data, "--json")
    shown, counted, failed = map(json.loads, ended.out.splitlines())
    assert [row["raw"]["NO"] for row in shown] == ["1", "2", "3", "4"]
    summary = counted["summary"]
    assert (summary["count"], summary["rows"]["read"], summary["fields"]["street"]) == (4, 4, 4)
    assert summary["rows"]["bad"]["unreadable coordinates"]["count"] == 1
    assert summary["elapsed_s"] > 0
    assert (ended.status, failed["code"]) == (FAILURES["source.bad_rows"].exit_status, "source.bad_rows")


async def test_commands_take_a_definition_at_a_url(tmp_path: Path, site: TestServer) -> None:
    url = str(site.make_url(_DEFINITION_PATH))
    checked = await oa("check", "--json", url)
    assert (checked.status, {item["source"] for item in map(json.loads, checked.out.splitlines())}) == (0, {url})
    tried = await oa("try", url, "--json")
    assert [row["raw"]["NO"] for row in tried.json] == ["1", "2", "3"]
    compared = await oa("diff", url, definition(tmp_path, site, "after"))
    assert (compared.status, url in compared.out) == (0, True)
    ran = await oa("run", url, "--layer", "addresses", "--name", "city", "--out", tmp_path / "out", program=OA_TASK)
    assert (ran.status, (tmp_path / "out" / "source.geojson.gz").is_file()) == (0, True)


@pytest.mark.parametrize(
    ("page", "allowed", "code"),
    [
        (_DEFINITION_PATH, "", "source.address_refused"),
        ("/missing.json", "127.0.0.1", "source.not_found"),
        ("/long.json", "127.0.0.1", "source.too_large"),
    ],
)
async def test_definition_at_a_url_is_fetched_within_the_limits(
    page: str, allowed: str, code: str, site: TestServer
) -> None:
    url = str(site.make_url(page))
    for command in (("check", url), ("try", url), ("diff", url, url)):
        ended = await run(OA, *command, "--json", OA_ALLOW_HOSTS=allowed)
        assert (10 <= ended.status < 20, ended.json["code"]) == (True, code)


async def test_explain_and_build_run_the_engine(tmp_path: Path) -> None:
    for name in ("explain", "build"):
        ended = await oa(name, "--help")
        assert ended.status == 0
        assert f"Usage: oa {name} " in ended.out


async def test_without_the_engine_the_commands_show_how_to_install_it(tmp_path: Path) -> None:
    """`oa` and Python are in a folder without `oa-task`, which is not on the PATH either."""
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    paths = [path for path in sys.path if path.endswith("site-packages")]
    lines = ["import site", *(f"site.addsitedir({path!r})" for path in paths), "from oa_cli.main import main", "main()"]
    (tmp_path / "bin" / "oa").write_text("\n".join(lines))
    ended = await oa(tmp_path / "bin" / "oa", "check", "x.json", program=python, path="")
    assert ended.status == 6
    assert "pip install 'oa-cli[engine]'" in ended.err
    ended = await oa(tmp_path / "bin" / "oa", "--help", program=python, path="")
    assert ended.status == 0
    assert "check" in ended.out
