"""The sample county on the system of `oa-local up`: a second run keeps all files, a forced one writes new ones."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from oa_local.client import LocalApi
from oa_local.county import wait_for_jobs
from oa_local.samples import SOURCE_NAME
from support.programs import ending

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
_PROGRAM = str(Path(sys.executable).with_name("oa-local"))


@pytest.fixture
def env(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Start the system in a folder of its own, with the county published once; yield its environment."""
    with ending(subprocess.Popen([_PROGRAM, "up"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)) as process:
        assert process.stdout is not None
        started = any("The page is at" in line for line in process.stdout)
        assert started, "the system did not start; the error is above"
        yield json.loads((tmp_path / ".local" / "env.json").read_text("utf-8"))
        os.kill(process.pid, signal.SIGINT)
        process.wait(60)
    subprocess.run([_PROGRAM, "down"], cwd=tmp_path, check=False)


def _run_county(api: LocalApi, source: dict[str, Any], *, force: bool = False) -> list[dict[str, Any]]:
    """Run all entries of the county in a live run, and return the jobs as they ended."""
    run = api.call("POST", "/api/run", {"live": True, "force": force})["id"]
    answer = api.call("POST", f"/api/run/{run}/jobs", {"jobs": [{"source": source, "source_name": SOURCE_NAME}]})
    for _ in wait_for_jobs(api, answer["jobs"], lambda: None):
        pass
    return [api.call("GET", f"/api/job/{job}") for job in answer["jobs"]]


def test_second_run_of_the_county_is_unchanged_until_forced_or_edited(env: dict[str, str]) -> None:
    api = LocalApi(env["OA_API_URL"], env["OA_SHARED_SECRET"])
    before = {row["layer"]: row for row in api.call("GET", f"/api/data?fields=all&source={SOURCE_NAME}")["data"]}
    source = json.loads(json.dumps(api.call("GET", f"/api/job/{before['addresses']['job']}/raw")))

    second = _run_county(api, source)
    assert [job["unchanged"] for job in second] == [True, True, True]
    after = {row["layer"]: row for row in api.call("GET", f"/api/data?fields=all&source={SOURCE_NAME}")["data"]}
    assert {layer: row["files"] for layer, row in after.items()} == {
        layer: row["files"] for layer, row in before.items()
    }
    assert all(after[layer]["checked_at"] > before[layer]["checked_at"] for layer in before)

    source["layers"]["addresses"][0]["license"] = {"text": "CC0"}
    edited = _run_county(api, source)
    assert {job["layer"]: job["unchanged"] for job in edited} == {
        "addresses": False,
        "buildings": True,
        "parcels": True,
    }
    forced = _run_county(api, source, force=True)
    assert [job["unchanged"] for job in forced] == [False, False, False]
    assert all(job["same_as"] is None and job["output"] for job in forced)
    seconds = [_duration_s(job) for job in (*second, *forced)]
    print("seconds of the second run and of the forced one:", seconds)


def _duration_s(job: dict[str, Any]) -> float:
    """Return the seconds from the start of a job's container to its end."""
    return round(
        (datetime.fromisoformat(job["ended_at"]) - datetime.fromisoformat(job["started_at"])).total_seconds(), 2
    )
