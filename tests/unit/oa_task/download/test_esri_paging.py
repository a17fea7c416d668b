"""Each paging strategy, and the misbehavior of servers that makes the next one follow."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from oa_shared.public_http import Guard
from oa_task.download.downloaded_file import DownloadedFile
from oa_task.download.esri.download import EsriDownload
from oa_task.download.limits import DownloadLimits
from oa_task.runtime.failure import TaskFailure
from support.arcgis_server import PATH, ArcgisServer, point_features

QUICK = DownloadLimits(
    stall_s=1, connect_s=1, total_s=20, tries=3, backoff_s=0.01, longest_pause_s=0.2, gap_s=0, page_failures=8
)
Fetch = Callable[[ArcgisServer], Awaitable[DownloadedFile]]


@pytest.fixture
async def fetch(tmp_path: Path) -> AsyncIterator[Fetch]:
    servers: list[TestServer] = []

    async def fetch_layer(arcgis: ArcgisServer) -> DownloadedFile:
        server = TestServer(arcgis.app(), host="127.0.0.1")
        servers.append(server)
        await server.start_server()
        download = EsriDownload(Guard(["127.0.0.1"]), QUICK, {}, {"NO", "ST"})
        return await download.fetch(str(server.make_url(PATH)), tmp_path, lambda _done, _total: None)

    yield fetch_layer
    for server in servers:
        await server.close()


def lines(raw: DownloadedFile) -> list[dict[str, Any]]:
    return [json.loads(line) for line in raw.path.read_bytes().splitlines()]


def ids(raw: DownloadedFile) -> list[int]:
    return [line["attributes"]["OBJECTID"] for line in lines(raw)[1:-1]]


def pages(server: ArcgisServer) -> list[dict[str, str]]:
    return [query for query in server.queries if "outFields" in query]


async def test_fetch_offsets_returns_all_in_order_with_only_columns_of_rules(fetch: Fetch) -> None:
    server = ArcgisServer(latency_s=0.01)
    raw = await fetch(server)
    header, *features, end = lines(raw)
    assert ids(raw) == list(range(1, 251))
    assert header["fields"] == ["OBJECTID", "NO", "ST", "SPARE"]
    assert header["srs"] == "EPSG:4326"
    assert end == {"end": 250}
    assert set(features[0]["attributes"]) == {"OBJECTID", "NO", "ST"}
    assert len(pages(server)) == 5
    assert server.most_in_flight == 4


async def test_fetch_without_offsets_uses_ranges_of_object_ids(fetch: Fetch) -> None:
    server = ArcgisServer(has_offsets=False)
    assert ids(await fetch(server)) == list(range(1, 251))
    assert all("OBJECTID >=" in query["where"] for query in pages(server))


async def test_fetch_ranges_with_gaps_are_divided_if_truncated(fetch: Fetch) -> None:
    remaining = [feature for feature in point_features(900) if feature["attributes"]["OBJECTID"] % 10 < 3]
    server = ArcgisServer(features=remaining, has_offsets=False)
    assert ids(await fetch(server)) == [feature["attributes"]["OBJECTID"] for feature in remaining]


async def test_fetch_sparse_object_ids_uses_their_list(fetch: Fetch) -> None:
    server = ArcgisServer(features=point_features(250, step=1000), has_offsets=False)
    assert len(ids(await fetch(server))) == 250
    assert len(pages(server)) == 5


async def test_fetch_without_statistics_uses_the_list_of_object_ids(fetch: Fetch) -> None:
    server = ArcgisServer(has_offsets=False, has_statistics=False)
    assert ids(await fetch(server)) == list(range(1, 251))


async def test_fetch_with_only_geometry_divides_the_extent_without_duplicates(fetch: Fetch) -> None:
    server = ArcgisServer(has_offsets=False, has_statistics=False, has_ids=False)
    assert sorted(ids(await fetch(server))) == list(range(1, 251))


async def test_fetch_server_without_a_count_uses_the_list_of_ids(fetch: Fetch) -> None:
    assert len(ids(await fetch(ArcgisServer(counts=False)))) == 250


async def test_fetch_server_that_ignores_offsets_returns_no_duplicates(fetch: Fetch) -> None:
    assert sorted(ids(await fetch(ArcgisServer(ignores_offset=True)))) == list(range(1, 251))


async def test_fetch_server_that_ignores_every_condition_is_a_failure(fetch: Fetch) -> None:
    with pytest.raises(TaskFailure, match=PATH) as caught:
        await fetch(ArcgisServer(ignores_offset=True, ignores_where=True))
    assert caught.value.code == "source.format"


async def test_fetch_pages_smaller_than_announced_are_completed(fetch: Fetch) -> None:
    assert ids(await fetch(ArcgisServer(claims_most=100, most=30))) == list(range(1, 251))


async def test_fetch_pages_too_large_for_the_server_are_halved(fetch: Fetch) -> None:
    server = ArcgisServer(largest_page=7)
    assert ids(await fetch(server)) == list(range(1, 251))
    assert min(int(query["resultRecordCount"]) for query in pages(server)) <= 7


@pytest.mark.parametrize("refused", ["returnTrueCurves", "geometryPrecision", "orderByFields"])
async def test_fetch_server_that_rejects_a_parameter_gets_queries_without_it(fetch: Fetch, refused: str) -> None:
    assert ids(await fetch(ArcgisServer(refused=frozenset({refused})))) == list(range(1, 251))


async def test_fetch_layer_that_grows_is_read_to_its_new_end(fetch: Fetch) -> None:
    def grow(server: ArcgisServer, page: int) -> None:
        if page == 2:
            server.features = point_features(320)

    assert ids(await fetch(ArcgisServer(changes=grow))) == list(range(1, 321))


async def test_fetch_layer_that_shrinks_is_complete_by_its_new_count(fetch: Fetch) -> None:
    def shrink(server: ArcgisServer, page: int) -> None:
        if page == 2:
            server.features = server.features[:190]

    assert ids(await fetch(ArcgisServer(changes=shrink))) == list(range(1, 191))


async def test_fetch_fewer_than_announced_is_truncated(fetch: Fetch) -> None:
    with pytest.raises(TaskFailure, match=r"400 .*250") as caught:
        await fetch(ArcgisServer(claims_count=400))
    assert caught.value.code == "upstream.truncated"


async def test_fetch_intermittent_failures_lose_and_duplicate_nothing(fetch: Fetch) -> None:
    def fails(server: ArcgisServer, _query: dict[str, str]) -> web.StreamResponse | None:
        failures = {
            2: web.StreamResponse(),
            3: web.Response(status=503),
            5: web.json_response({"error": {"code": 500, "message": "Error performing query operation"}}),
            6: web.Response(text='{"features": [', content_type="application/json"),
            8: web.Response(status=429, headers={"Retry-After": "0"}),
            9: web.Response(text="<html><body>Be right back</body></html>", content_type="text/html"),
        }
        return failures.get(server.pages)

    assert ids(await fetch(ArcgisServer(fails=fails))) == list(range(1, 251))


async def test_fetch_short_queries_use_get(fetch: Fetch) -> None:
    server = ArcgisServer(metadata={"fields": [{"name": name, "type": "esriFieldTypeString"} for name in ("NO", "ST")]})
    await fetch(server)
    assert server.methods["POST"] == 0
    assert server.methods["GET"] > 5


async def test_fetch_repeated_object_ids_do_not_identify_features(fetch: Fetch) -> None:
    features = point_features(250)
    for place, feature in enumerate(features):
        feature["attributes"]["OBJECTID"] = place // 3
    assert len(ids(await fetch(ArcgisServer(features=features)))) == 250


async def test_fetch_layer_without_object_ids_and_offsets_that_fail_is_divided(fetch: Fetch) -> None:
    def fails(server: ArcgisServer, query: dict[str, str]) -> web.StreamResponse | None:
        is_late = int(query.get("resultOffset", 0)) >= 200
        return web.json_response({"error": {"code": 500, "message": ""}}) if is_late else None

    server = ArcgisServer(metadata={"objectIdField": None, "fields": [{"name": "NO"}, {"name": "ST"}]}, fails=fails)
    server.names_id = False
    numbers = [line["attributes"]["NO"] for line in lines(await fetch(server))[1:-1]]
    assert sorted(numbers) == list(range(250))


async def test_fetch_layer_without_object_ids_is_divided_without_duplicates(fetch: Fetch) -> None:
    server = ArcgisServer(
        metadata={"objectIdField": None, "fields": [{"name": "NO"}, {"name": "ST"}]}, has_offsets=False
    )
    server.names_id = False
    for feature in server.features[:30]:
        feature["geometry"] = {"x": -115, "y": 42.5}  # where all four quarters meet
    numbers = [line["attributes"]["NO"] for line in lines(await fetch(server))[1:-1]]
    assert sorted(numbers) == list(range(250))


async def test_fetch_server_that_cannot_count_uses_the_list_of_ids(fetch: Fetch) -> None:
    assert len(ids(await fetch(ArcgisServer(count_status=500)))) == 250


async def test_fetch_table_is_requested_without_geometry(fetch: Fetch) -> None:
    server = ArcgisServer(metadata={"type": "Table", "geometryType": None}, refused=frozenset({"outSR"}))
    assert len(ids(await fetch(server))) == 250
    assert {query["returnGeometry"] for query in pages(server)} == {"false"}
