"""`oa shadow`, as a program, against this API and a server in the form of openaddresses/batch."""

import gzip
import json
from collections.abc import AsyncIterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from support.command_line import ProgramResult, oa
from support.present_system import PresentSystem, present_system
from support.publishing import publish
from support.running_api import RunningApi


@pytest.fixture
async def theirs() -> AsyncIterator[PresentSystem]:
    async with present_system() as system:
        yield system


def _features(*numbers: int) -> list[dict[str, Any]]:
    return [
        {
            "type": "Feature",
            "properties": {"hash": f"{number:016x}", "number": str(number), "street": "Elm <b>St</b>"},
            "geometry": {"type": "Point", "coordinates": [number / 100, 40.0]},
        }
        for number in numbers
    ]


async def _publish(api: RunningApi, source: str, features: Sequence[Any], *, rows: int) -> None:
    count = len(features)
    counts = {"count": count, "valid": count, "fields": {"number": count, "street": count}}
    job = await publish(api, source, makes={**counts, "rows": {"read": rows, "bad": {}, "left_out": {}}})
    body = gzip.compress("".join(json.dumps(feature) + "\n" for feature in features).encode())
    await api.storage.put_bytes(f"job/{job['id']}/attempt-1/source.geojson.gz", body, "application/gzip")


async def _shadow(api: RunningApi, theirs: PresentSystem, *words: str) -> ProgramResult:
    files = f"{theirs.url}/files"
    return await oa(api, "shadow", "--theirs", theirs.url, "--their-files", files, *words)


@pytest.fixture
async def both(api: RunningApi, theirs: PresentSystem) -> RunningApi:
    """Publish five datasets: equal ones, different ones, one of each side only, an unreadable one."""
    theirs.publish("us/ca/same", _features(3, 1, 2))
    theirs.publish("us/ca/differs", _features(1, 2))
    theirs.publish("us/ca/only-theirs", _features(1))
    theirs.files[theirs.publish("us/ca/unreadable", _features(1))] = b"<html>"
    await _publish(api, "us/ca/same", _features(1, 2, 3), rows=3)
    await _publish(api, "us/ca/differs", _features(1, 2, 3, 4), rows=4)
    await _publish(api, "us/ca/unreadable", _features(1), rows=1)
    await _publish(api, "us/wa/only-ours", _features(1), rows=1)
    return api


async def test_shadow_json_has_a_line_for_each_dataset(both: RunningApi, theirs: PresentSystem) -> None:
    ended = await _shadow(both, theirs, "--json")
    assert ended.status == 1
    lines = {line["source"]: line for line in map(json.loads, ended.out.splitlines())}
    assert {source: line["verdict"] for source, line in lines.items()} == {
        "us/ca/same": "same",
        "us/ca/differs": "differs",
        "us/ca/only-theirs": "only_theirs",
        "us/ca/unreadable": "unreadable",
        "us/wa/only-ours": "only_ours",
    }
    differing = lines["us/ca/differs"]
    assert differing["differences"][:2] == ["count 2 / 4", "bounds"]
    assert (differing["nearer"], differing["source_rows"], differing["shared"]) == ("ours", 4, 0.5)
    assert (differing["theirs"]["count"], differing["ours"]["count"]) == (2, 4)
    assert differing["ours"]["bounds"] == [0.01, 40.0, 0.04, 40.0]
    assert "gzip" in lines["us/ca/unreadable"]["theirs"]["error"]
    assert lines["us/ca/same"]["theirs"]["digest"] == lines["us/ca/same"]["ours"]["digest"]
    assert ended.err.count("/5 us/") == 5


async def test_shadow_table_and_page_list_what_is_not_the_same(
    both: RunningApi, theirs: PresentSystem, tmp_path: Path
) -> None:
    ended = await _shadow(both, theirs, "--report", str(tmp_path / "report.html"))
    assert ended.status == 1
    assert "4 datasets not the same" in ended.out
    assert "us/ca/same" not in ended.out
    assert "5 datasets: 1 same, 1 differs, 1 only_ours, 1 only_theirs, 1 unreadable" in ended.out
    page = (tmp_path / "report.html").read_text("utf-8")
    parser = _Cells()
    parser.feed(page)
    sources = [row[0] for row in parser.rows[1:]]
    assert sources == ["us/ca/unreadable", "us/ca/only-theirs", "us/wa/only-ours", "us/ca/differs", "us/ca/same"]
    assert "<b>" not in page
    assert "<script" not in page


async def test_shadow_equal_systems_end_with_0(both: RunningApi, theirs: PresentSystem) -> None:
    ended = await _shadow(both, theirs, "--source", "us/ca/same")
    assert ended.status == 0
    assert "1 dataset: 1 same" in ended.out


async def test_shadow_quick_reads_no_file(both: RunningApi, theirs: PresentSystem) -> None:
    ended = await _shadow(both, theirs, "--quick", "--json")
    assert ended.status == 1
    lines = {line["source"]: line for line in map(json.loads, ended.out.splitlines())}
    assert lines["us/ca/differs"]["differences"] == ["count 2 / 4", "bounds"]
    assert not [path for path in theirs.requests if path.startswith("/files/")]


@pytest.mark.parametrize(("path", "status"), [("", 4), ("/nowhere", 4)])
async def test_shadow_other_server_is_rejected(api: RunningApi, path: str, status: int) -> None:
    url = str(api.client.make_url(path)).rstrip("/")
    ended = await oa(api, "shadow", "--theirs", url)
    assert ended.status == status
    assert url in ended.err


async def test_shadow_no_server_is_unreachable(api: RunningApi) -> None:
    ended = await oa(api, "shadow", "--theirs", "http://127.0.0.1:9")
    assert ended.status == 3
    assert "does not answer" in ended.err


class _Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._is_cell = False

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
            self._is_cell = True

    def handle_endtag(self, tag: str) -> None:
        self._is_cell = self._is_cell and tag not in {"td", "th"}

    def handle_data(self, data: str) -> None:
        if self._is_cell:
            self.rows[-1][-1] += data
