"""The credit of a dataset is the same wherever the service shows it: API, feed, page, and the plan of a product."""

import json
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape

from oa_api.products.selection import InputSelection, select_inputs
from oa_shared.json_types import JsonObject
from oa_shared.status import JobStatus
from oa_task.products.attribution import input_credit, write_attribution
from support.publishing import job_of, report_status, result
from support.running_api import RunningApi, definition

SITE = "https://town.example.org"
# The keys of an entry, the line of its credit, and what the page shows as the attribution.
ENTRIES: list[tuple[JsonObject, str, str]] = [
    (
        {"license": {"attribution": True, "attribution name": "Town", "text": "CC BY"}, "website": SITE},
        *("© Town. License: CC BY.", "required: Town"),
    ),
    (
        {"license": {"attribution": True, "text": "CC BY"}, "website": SITE},
        *(f"Source: xx/town, {SITE}. License: CC BY.", f"required: xx/town, {SITE}, CC BY"),
    ),
    (
        {"license": {"attribution": False, "attribution name": "Town", "text": "CC0"}},
        *("License: CC0. Attribution not required.", "not required"),
    ),
    ({"license": "CC BY", "website": SITE}, "License: CC BY. Attribution not stated.", "not stated"),
    ({"website": SITE}, "License not stated. Attribution not stated.", "not stated"),
    ({"license": "CC BY", "attribution": "Town"}, "© Town. License: CC BY.", "required: Town"),
]


async def _publish(api: RunningApi, entry: JsonObject) -> None:
    source: Any = definition("city")
    source["layers"]["addresses"][0] |= entry
    _, answer = await api.post_jobs(await api.run(live=True), {"source": source, "source_name": "xx/town"})
    job = await job_of(api.database, answer["jobs"][0])
    assert await report_status(api.database, job, JobStatus.SUCCESS, result=result(job["id"])) == "Success"


@pytest.mark.parametrize(("entry", "line", "shown"), ENTRIES)
async def test_credit_is_the_same_everywhere(
    api: RunningApi, tmp_path: Path, entry: JsonObject, line: str, shown: str
) -> None:
    await _publish(api, entry)
    (dataset,) = (await api.get("/api/data"))["data"]
    assert dataset["attribution"] == line
    (attribution,) = (await api.get("/api/attribution?format=json"))["datasets"]
    assert attribution["attribution"] == line
    assert line in (await (await api.client.get("/api/attribution")).text()).splitlines()
    assert f">{escape(line)}<" in await (await api.client.get("/data/feed.atom")).text()
    assert f"<dt>Attribution</dt><dd>{escape(shown)}</dd>" in await (await api.client.get("/data/1")).text()
    (use,) = (await api.get("/api/licenses"))["licenses"]
    assert use["attribution"] == line.replace(f"xx/town, {SITE}", "name and website of the source")
    inputs = await api.database.run(lambda transaction: select_inputs(transaction, InputSelection(["xx/town"])))
    assert [input_credit(item).line for item in inputs.items] == [line]
    write_attribution(tmp_path, "A product", inputs.items)
    assert f"Attribution: {shown.removeprefix('required: ')}\n" in (tmp_path / "ATTRIBUTION.txt").read_text("utf-8")


async def test_licenses_that_differ_in_the_website_only_are_one(api: RunningApi) -> None:
    for number, name in enumerate(("a", "b")):
        source: Any = definition("city")
        license_ = {"attribution": True, "text": "CC BY"}
        source["layers"]["addresses"][0] |= {"license": license_, "website": f"{SITE}/{number}"}
        _, answer = await api.post_jobs(await api.run(live=True), {"source": source, "source_name": f"xx/{name}"})
        job = await job_of(api.database, answer["jobs"][0])
        await report_status(api.database, job, JobStatus.SUCCESS, result=result(job["id"]))
    (use,) = (await api.get("/api/licenses"))["licenses"]
    assert use["datasets"] == 2
    assert json.dumps(use).count(SITE) == 0
