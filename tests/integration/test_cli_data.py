"""`oa data` and `oa webhook`, as programs, against the API."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from oa_shared.status import JobStatus
from support.command_line import oa
from support.product_jobs import end
from support.publishing import publish
from support.running_api import RunningApi, running_api

PLACE = ("us/ca/berkeley", "addresses", "city")
CONTENT = b"the whole file"


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[RunningApi]:
    async with running_api(database_url, allowed_hosts=("127.0.0.1",)) as running:
        yield running


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_data_list_and_show_print_published_datasets(api: RunningApi) -> None:
    await publish(api)
    await publish(api, "us/wa/king")
    listed = await oa(api, "data", "list", "--source", "us/ca/")
    assert listed.status == 0
    assert listed.out.count("us/ca/berkeley") == 1
    assert "us/wa/king" not in listed.out
    shown = await oa(api, "data", "show", "1")
    assert all(
        word in shown.out for word in ("number", "90%", "source.parquet", "/latest/us/ca/berkeley/addresses/city/")
    )
    found = await oa(api, "data", "list", "--json")
    assert [row["source_name"] for row in found.json] == ["us/ca/berkeley", "us/wa/king"]


async def test_data_list_searches_and_sorts(api: RunningApi) -> None:
    await publish(api, makes={"count": 7})
    await publish(api, "us/wa/king", makes={"count": 900})
    found = await oa(api, "data", "list", "--search", "BERK", "--json")
    assert [row["source_name"] for row in found.json] == ["us/ca/berkeley"]
    largest = await oa(api, "data", "list", "--largest", "--json")
    assert [row["count"] for row in largest.json] == [900, 7]


async def test_data_history_prints_each_publication(api: RunningApi) -> None:
    await publish(api)
    await publish(api, makes={"count": 120})
    history = await oa(api, "data", "history", "1")
    assert "2 publications" in history.out
    found = await oa(api, "data", "history", "1", "--json")
    assert [item["count"] for item in found.json] == [120, 100]


async def test_data_get_writes_the_file_only_if_its_digest_matches(api: RunningApi, tmp_path: Path) -> None:
    key = "job/1/attempt-1/source.parquet"
    about = {"key": key, "bytes": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()}
    await publish(api, makes={"outputs": {"source.parquet": about}})
    await api.storage.put_bytes(key, CONTENT, "application/octet-stream")
    path = tmp_path / "here.parquet"
    got = await oa(api, "data", "get", *PLACE, "--out", str(path))
    assert got.status == 0
    assert got.err == ""
    assert path.read_bytes() == CONTENT
    await api.storage.put_bytes(key, b"something else", "application/octet-stream")
    path.unlink()
    wrong = await oa(api, "data", "get", *PLACE, "--out", str(path))
    assert wrong.status == 4
    assert "SHA-256" in wrong.err
    assert names(tmp_path) == []


async def test_data_get_has_a_csv_written_and_waits_for_it(api: RunningApi, tmp_path: Path) -> None:
    await publish(api)
    started = await (await api.client.post("/api/data/1/conversions", json={"format": "csv"})).json()
    key = f"job/{started['job']}/attempt-1/export.csv.gz"
    await api.storage.put_bytes(key, CONTENT, "application/gzip")
    about = {"key": key, "bytes": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()}
    path = tmp_path / "berkeley.csv.gz"
    getting = asyncio.create_task(oa(api, "data", "get", *PLACE, "source.csv.gz", "--out", str(path)))
    await asyncio.sleep(1)
    assert await end(api, started["job"], result={"count": 1, "outputs": {"export.csv.gz": about}}) == "Success"
    got = await getting
    assert got.status == 0, got.err
    assert path.read_bytes() == CONTENT


async def test_data_get_states_why_a_file_is_not_written(api: RunningApi, tmp_path: Path) -> None:
    await publish(api)
    started = await (await api.client.post("/api/data/1/conversions", json={"format": "gpkg"})).json()
    await end(api, started["job"], status=JobStatus.FAIL, error={"code": "source.format", "message": "no table"})
    ended = await oa(api, "data", "get", *PLACE, "source.gpkg", "--out", str(tmp_path / "a.gpkg"))
    assert ended.status == 4
    assert "no table" in ended.err
    assert names(tmp_path) == []


@pytest.mark.parametrize("options", [(), ("--raw",)])
async def test_data_get_indents_a_definition_for_editing(
    options: tuple[str, ...], api: RunningApi, tmp_path: Path
) -> None:
    content = b'{"schema":2,"layers":{"addresses":[{"name":"\xc3\xa9"}]}}'
    key = "job/1/attempt-1/definition.json"
    about = {"key": key, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    await publish(api, makes={"outputs": {"definition.json": about}})
    await api.storage.put_bytes(key, content, "application/json")
    path = tmp_path / "mine.json"
    got = await oa(api, "data", "get", *PLACE, "definition.json", "--out", str(path), *options)
    assert got.status == 0
    assert json.loads(path.read_bytes()) == json.loads(content)
    assert (path.read_bytes() == content) is bool(options)
    assert (path.read_text("utf-8").count("\n") > 5) is not bool(options)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*PLACE, "no.file"), "no file no.file; it has changes.jsonl.gz"),
        (("us/xx", "addresses", "city"), "us/xx addresses city"),
    ],
)
async def test_data_get_of_a_missing_file_is_rejected(
    api: RunningApi, arguments: tuple[str, ...], message: str
) -> None:
    await publish(api)
    ended = await oa(api, "data", "get", *arguments)
    assert ended.status == 4
    assert message in " ".join(ended.err.split())


async def test_data_attribution_and_licenses_are_printed(api: RunningApi) -> None:
    await publish(api)
    text = await oa(api, "data", "attribution", "--source", "us/")
    assert "© Town. License: CC BY 4.0" in text.out
    parts = await oa(api, "data", "attribution", "--json")
    assert [part["name"] for part in parts.json] == ["city"]
    assert "CC BY 4.0" in (await oa(api, "data", "licenses")).out


async def test_webhook_is_added_changed_pinged_and_removed(api: RunningApi) -> None:
    made = await oa(api, "webhook", "add", "http://127.0.0.1:9/hook", "--source", "us/ca/")
    assert made.status == 0
    assert made.out.strip()[:6] == "whsec_"
    listed = await oa(api, "webhook", "list", "--json")
    assert [(item["source"], item["active"]) for item in listed.json] == [("us/ca/", True)]
    secret = await oa(api, "webhook", "change", "1", "--new-secret")
    assert secret.out.strip()[:6] == "whsec_"
    assert (await oa(api, "webhook", "ping", "1")).status == 0
    deliveries = await oa(api, "webhook", "deliveries", "1", "--json")
    assert [item["event"] for item in deliveries.json] == ["ping", "ping"]
    assert (await oa(api, "webhook", "change", "1", "--disable")).out.strip() == "webhook 1 disabled"
    assert (await oa(api, "webhook", "remove", "1")).out.strip() == "webhook 1 removed"
    assert (await oa(api, "webhook", "list", "--json")).json == []


async def test_webhook_change_without_options_is_wrong_usage(api: RunningApi) -> None:
    assert (await oa(api, "webhook", "change", "1")).status == 2
