"""Published datasets and ended products, reported to a running API like messages of the results queue."""

from datetime import UTC, datetime
from typing import Any

from oa_api.jobs.results import apply_status
from oa_shared.messages import StatusMessage
from oa_shared.status import JobStatus
from support.running_api import INTERNAL, RunningApi

LICENSE = {"url": "https://example.org/license", "text": "CC-BY-4.0", "attribution": True, "attribution name": "Town"}


def files(job: int, *names: str, attempt: int = 1) -> dict[str, Any]:
    """Return the outputs of a result, by file name."""
    return {
        name: {"key": f"job/{job}/attempt-{attempt}/{name}", "bytes": 100, "sha256": f"{job:064x}"} for name in names
    }


def layer_definition(layer: str, name: str) -> dict[str, Any]:
    """Return a definition with one entry of a layer, with a license."""
    conform = {"format": "csv", "lat": "Y", "lon": "X"}
    conform |= {"number": "NO", "street": "ST"} if layer == "addresses" else {"pid": "NO"}
    entry = {"name": name, "data": "http://x/a.csv", "protocol": "http", "conform": conform, "license": LICENSE}
    return {"schema": 2, "coverage": {}, "layers": {layer: [entry]}}


async def end(api: RunningApi, job: int, *, status: JobStatus = JobStatus.SUCCESS, seq: int = 1, **extra: Any) -> str:
    """End the current attempt of a job and return the outcome of the message."""
    row = await api.get(f"/api/job/{job}", **INTERNAL)
    said = {"job": job, "attempt": row["attempt"], "token": row["token"], "seq": seq}
    message = StatusMessage(**said, status=status, at=datetime.now(UTC), **extra)
    return await api.database.run(lambda transaction: apply_status(transaction, message))


async def publish(
    api: RunningApi,
    source_name: str,
    *,
    layer: str = "addresses",
    name: str = "city",
    count: int = 1000,
    bounds: tuple[float, ...] = (-97.0, 40.0, -96.0, 41.0),
    with_parquet: bool = True,
) -> int:
    """Publish a result of a source and return its job."""
    element = {"source": layer_definition(layer, name), "source_name": source_name}
    _, answer = await api.post_jobs(await api.run(live=True), element)
    job = int(answer["jobs"][0])
    outputs = files(job, "source.geojson.gz", *(["source.parquet"] if with_parquet else []))
    result = {"count": count, "valid": count, "bounds": list(bounds), "fields": {}, "outputs": outputs}
    assert await end(api, job, result=result) == "Success"
    return job


async def build(api: RunningApi, job: int, *names: str, **extra: Any) -> str:
    """Let the job of a product succeed with these files, and store them."""
    row = await api.get(f"/api/job/{job}")
    outputs = files(job, *names, attempt=row["attempt"])
    for about in outputs.values():
        await api.storage.put_bytes(about["key"], f"made by job {job}".encode())
    result = {"count": 1234, "bounds": [-97.0, 40.0, -96.0, 41.0], "outputs": outputs}
    return await end(api, job, result=result, **extra)


async def request(api: RunningApi, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    """Send a request with the shared secret and return the status and the body."""
    response = await api.client.request(method, path, json=body, headers={**INTERNAL, **headers})
    return response.status, await response.json()


async def plan_of(api: RunningApi, job: int) -> Any:
    """Return the plan of a product job."""
    return await api.get(f"/api/job/{job}/raw")
