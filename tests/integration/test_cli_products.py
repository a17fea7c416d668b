"""`oa collection`, `oa export` and `oa fabric` as programs, against the API."""

import asyncio
from pathlib import Path

import pytest

from support.command_line import oa
from support.product_jobs import build, publish
from support.running_api import RunningApi


async def test_collection_is_created_built_shown_and_deleted(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster")
    made = await oa(
        api, "collection", "create", "us-ne", "--display-name", "Nebraska", "--source", "us/ne/**", "--json"
    )
    assert made.status == 0
    assert made.json["id"] == 1
    started = await oa(api, "collection", "build", "1")
    assert started.status == 0
    assert started.out == "job 2 builds it from 1 dataset with 1,000 features\n"
    assert (await oa(api, "collection", "build", "1")).out.startswith("not built: ")
    await build(api, 2, "collection.geojson.zip")
    shown = await oa(api, "collection", "show", "1")
    assert "/api/collections/1/output/collection.geojson.zip  100 bytes" in shown.out
    assert "current" in shown.out
    assert "Nebraska" in (await oa(api, "collection", "list")).out
    assert (await oa(api, "collection", "delete", "1")).status == 0
    gone = await oa(api, "collection", "show", "1")
    assert gone.status == 4


async def test_export_is_followed_and_downloaded(api: RunningApi, tmp_path: Path) -> None:
    await publish(api, "us/ne/lancaster")
    words = ("export", "create", "--format", "gpkg", "--source", "us/ne", "--bbox=-97,40,-96,41")
    made = await oa(api, *words)
    assert made.status == 0
    assert made.out == "export 1, job 2, 1 dataset\n"
    assert "us/ne -97.0,40.0,-96.0,41.0" in " ".join((await oa(api, "export", "list")).out.split())
    early = await oa(api, "export", "get", "1", "--out", str(tmp_path))
    assert early.status == 1
    assert early.err == "Error: export 1 is Pending: no file to download\n"
    fetching = asyncio.create_task(oa(api, "export", "get", "1", "--follow", "--out", str(tmp_path / "new")))
    await build(api, 2, "export.gpkg", "ATTRIBUTION.txt")
    fetched = await fetching
    assert fetched.status == 0
    assert fetched.err.splitlines()[-1] == "job 2 Success 1,234 features"
    assert (tmp_path / "new" / "export.gpkg").read_text() == "made by job 2"
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["ATTRIBUTION.txt", "export.gpkg"]
    assert "Success" in (await oa(api, "export", "show", "1")).out


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("--format", "gpkg"), 2, "use either --job or --source"),
        (("--format", "gpkg", "--source", "us", "--bbox", "1,2"), 2, "is not west,south,east,north in degrees"),
        (("--format", "gpkg", "--source", "nobody"), 4, "no matching data to export"),
    ],
)
async def test_invalid_export_is_rejected(api: RunningApi, words: tuple[str, ...], status: int, message: str) -> None:
    ended = await oa(api, "export", "create", *words)
    assert ended.status == status
    assert message in ended.err


async def test_fabric_is_built_and_shown(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster")
    started = await oa(api, "fabric", "build")
    assert started.out.splitlines()[:2] == [
        "addresses: job 2 builds it from 1 dataset with 1,000 features",
        "parcels: not built: no published data matches",
    ]
    await build(api, 2, "fabric.pmtiles")
    shown = await oa(api, "fabric", "show")
    assert "/api/fabric/addresses/output/fabric.pmtiles  100 bytes" in shown.out
