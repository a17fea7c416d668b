"""The fabric over HTTP, and the functions that the weekly schedule calls."""

from typing import Any

from oa_api.identity.principal import SERVICE
from oa_api.products.builds import Requester
from oa_api.products.collections import build_due_collections
from oa_api.products.fabric import build_due_fabric
from oa_shared.scheduling import Lane
from support.product_jobs import build, plan_of, publish, request
from support.running_api import RunningApi

FILE = "fabric.pmtiles"
WEEKLY = Requester(SERVICE, lane=Lane.WEEKLY)


async def start_builds(api: RunningApi, **asked: Any) -> dict[str, Any]:
    status, made = await request(api, "POST", "/api/fabric", asked)
    assert status == 200
    return {item["layer"]: item for item in made["layers"]}


async def read_layers(api: RunningApi) -> dict[str, Any]:
    return {item["layer"]: item for item in (await api.get("/api/fabric"))["layers"]}


async def test_fabric_without_data_is_skipped_for_each_layer(api: RunningApi) -> None:
    assert {item["skipped"] for item in (await start_builds(api)).values()} == {"no published data matches"}
    found = await read_layers(api)
    assert list(found) == ["addresses", "parcels", "buildings", "centerlines"]
    assert {(item["job"], item["build"], len(item["files"])) for item in found.values()} == {(None, None, 0)}
    assert (await request(api, "GET", f"/api/fabric/addresses/output/{FILE}"))[0] == 404
    assert (await request(api, "GET", f"/api/fabric/roads/output/{FILE}"))[0] == 404


async def test_fabric_is_built_by_one_job_per_layer_in_one_run(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster"), await publish(api, "us/ne/lancaster", layer="parcels")
    made = await start_builds(api)
    jobs = [await api.get(f"/api/job/{made[layer]['job']}") for layer in ("addresses", "parcels")]
    assert {(job["kind"], job["source_name"], job["run"]) for job in jobs} == {
        ("fabric", "fabric/addresses", jobs[0]["run"]),
        ("fabric", "fabric/parcels", jobs[0]["run"]),
    }
    plan = await plan_of(api, jobs[1]["id"])
    assert plan["kind"] == "fabric"
    assert plan["layer"] == "parcels"
    assert len(plan["inputs"]) == 1
    assert await build(api, jobs[0]["id"], FILE) == "Success"
    found = await read_layers(api)
    assert found["addresses"]["job"] == jobs[0]["id"]
    assert found["parcels"]["job"] is None
    assert found["addresses"]["build"]["status"] == "Success"
    assert found["parcels"]["build"]["status"] == "Pending"
    response = await api.client.get(found["addresses"]["files"][0]["url"], headers={"Range": "bytes=0-3"})
    assert response.status == 206
    assert await response.text() == "made"
    again = await start_builds(api)
    assert again["addresses"]["skipped"] == f"nothing has changed since job {jobs[0]['id']}"
    assert again["parcels"]["skipped"] == f"job {jobs[1]['id']} is building the same inputs"
    assert (await start_builds(api, force=True))["addresses"]["job"] is not None


async def test_older_fabric_that_ends_later_does_not_replace_the_newer(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster")
    older = (await start_builds(api))["addresses"]["job"]
    await publish(api, "us/ne/douglas")
    newer = (await start_builds(api))["addresses"]["job"]
    assert [await build(api, job, FILE) for job in (newer, older)] == ["Success", "Success"]
    assert (await read_layers(api))["addresses"]["job"] == newer


async def test_weekly_build_with_a_key_runs_once(api: RunningApi) -> None:
    await publish(api, "us/ne/lancaster"), await publish(api, "us/wy/d")
    for name, source in (("ne", "us/ne"), ("wy", "us/wy"), ("none", "xx")):
        await request(api, "POST", "/api/collections", {"name": name, "display_name": name, "sources": [source]})
    first = await build_due_collections(api.database, key="2026-W48", requester=WEEKLY)
    assert [build.skipped for build in first] == [None, None, "no published data matches"]
    assert await build_due_collections(api.database, key="2026-W48", requester=WEEKLY) == first
    assert (await api.get(f"/api/job/{first[0].job}"))["lane"] == "weekly"
    layers = await build_due_fabric(api.database, key="2026-W48", requester=WEEKLY)
    assert await build_due_fabric(api.database, key="2026-W48", requester=WEEKLY) == layers
    assert (await api.get("/api/job?kind=collection"))["total"] == 2
    assert (await api.get("/api/job?kind=fabric"))["total"] == 1
    following = await build_due_collections(api.database, key="2026-W49", requester=WEEKLY)
    assert following[0].skipped == f"job {first[0].job} is building the same inputs"
