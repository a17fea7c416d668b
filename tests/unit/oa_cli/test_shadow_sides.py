"""How `oa shadow` reads the lists of both systems."""

from typing import cast

import pytest
from yarl import URL

from oa_cli.api_errors import RejectedError
from oa_cli.shadow.sides import Downloads, OurSide, TheirSide


class _Pages:
    """Returns documents by their URL, each with the URL of the next page."""

    def __init__(self, pages: dict[str, tuple[object, str | None]]) -> None:
        self._pages = pages

    async def document(self, url: URL) -> tuple[object, URL | None]:
        body, following = self._pages[url.path_qs]
        return body, URL(following) if following else None


def _downloads(pages: dict[str, tuple[object, str | None]]) -> Downloads:
    return cast("Downloads", _Pages(pages))


def _ours(number: int) -> dict[str, object]:
    files = [{"name": "source.parquet", "url": "/p"}, {"name": "source.geojson.gz", "url": f"/api/job/{number}/x?a=1"}]
    about = {"source_name": f"us/ca/{number}", "layer": "addresses", "name": "city", "job": number, "count": 5}
    return {**about, "bounds": [1, 2, 3, 4], "updated_at": "2026-11-01T00:00:00Z", "files": files, "result": None}


async def test_our_side_reads_all_pages_and_finds_the_files() -> None:
    pages: dict[str, tuple[object, str | None]] = {
        "/base/api/data?limit=100&fields=all": ({"data": [_ours(1)]}, "/base/api/data?cursor=1"),
        "/base/api/data?cursor=1": ({"data": [_ours(2), {**_ours(3), "source_name": "us/wa/3", "files": []}]}, None),
    }
    side = OurSide("https://ours.example/base", _downloads(pages))
    found = await side.datasets(None)
    assert list(found) == [(name, "addresses", "city") for name in ("us/ca/1", "us/ca/2", "us/wa/3")]
    assert [item.file_url for item in found.values()] == [
        "https://ours.example/api/job/1/x?a=1",
        "https://ours.example/api/job/2/x?a=1",
        None,
    ]
    assert list(await side.datasets("us/wa/")) == [("us/wa/3", "addresses", "city")]


async def test_their_side_reads_an_array() -> None:
    item = {"source": "us/ca/x", "layer": "addresses", "name": "city", "job": 7, "updated": 1_700_000_000_000}
    without_file = {**item, "name": "b", "output": {"output": False}, "updated": "2026-11-01T00:00:00.000Z"}
    side = TheirSide("https://t.example", "https://f.example", _downloads({"/api/data": ([item, without_file], None)}))
    found = await side.datasets(None)
    assert [dataset.file_url for dataset in found.values()] == ["https://f.example/job/7/source.geojson.gz", None]
    assert [str(dataset.updated) for dataset in found.values()] == [
        "2023-11-14 22:13:20+00:00",
        "2026-11-01 00:00:00+00:00",
    ]


@pytest.mark.parametrize("body", [{"data": []}, "x", None])
async def test_their_side_anything_but_an_array_is_rejected(body: object) -> None:
    side = TheirSide("https://t.example", "https://f.example", _downloads({"/api/data": (body, None)}))
    with pytest.raises(RejectedError, match="not an array"):
        await side.datasets(None)


async def test_their_side_bounds_are_those_of_the_polygon() -> None:
    ring = [[-1, -2], [3, -2], [3, 4], [-1, 4], [-1, -2]]
    listed = [{"source": "x", "layer": "addresses", "name": "city", "job": 7}]
    job = {"count": 5, "bounds": {"type": "Polygon", "coordinates": [ring]}}
    pages: dict[str, tuple[object, str | None]] = {"/api/data": (listed, None), "/api/job/7": (job, None)}
    side = TheirSide("https://t.example", "https://f.example", _downloads(pages))
    (dataset,) = (await side.datasets(None)).values()
    stated = await side.facts(dataset)
    assert (stated.count, stated.bounds) == (5, (-1.0, -2.0, 3.0, 4.0))
