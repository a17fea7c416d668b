import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from oa_task.runtime.failure import TaskFailure
from oa_task.sandbox.parent import Sandbox
from oa_task.sandbox.request import SandboxRequest


def build_request(sandbox: Sandbox) -> SandboxRequest:
    folder = sandbox.room
    conform = {"format": "csv", "number": "A", "street": "A", "lon": "A", "lat": "A"}
    entry = {"name": "city", "data": "http://x.test/x.csv", "protocol": "http", "conform": conform}
    source = folder / "source.json"
    source.write_text(json.dumps({"schema": 2, "coverage": {}, "layers": {"addresses": [entry]}}))
    raw = folder / "x.csv"
    raw.write_text("A\n1\n")
    paths = (str(raw),), str(sandbox.work), str(sandbox.out)
    return SandboxRequest(str(source), "addresses", "city", *paths, without=("parquet",))


def is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def test_sandbox_convert_returns_the_counts_and_leaves_out_outputs(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        report = asyncio.run(sandbox.convert(build_request(sandbox), lambda _count: None))
        names = {path.name for path in sandbox.out.iterdir()}
    assert report["count"] == 1
    assert "source.geojson.gz" in names
    assert "source.parquet" not in names
    assert list(tmp_path.iterdir()) == []


def test_sandbox_without_a_request_ends() -> None:
    with Sandbox() as sandbox:
        process_id = sandbox.process_id
        assert is_running(process_id)
    assert not is_running(process_id)


async def test_sandbox_killed_child_is_out_of_memory() -> None:
    with Sandbox() as sandbox:
        os.kill(sandbox.process_id, signal.SIGKILL)
        with pytest.raises(TaskFailure, match="SIGKILL") as caught:
            await sandbox.convert(build_request(sandbox), lambda _count: None)
    assert caught.value.code == "resource.out_of_memory"


async def test_sandbox_child_crashed_by_the_data_is_a_format_failure() -> None:
    with Sandbox() as sandbox:
        os.kill(sandbox.process_id, signal.SIGSEGV)
        with pytest.raises(TaskFailure, match="SIGSEGV") as caught:
            await sandbox.convert(build_request(sandbox), lambda _count: None)
    assert caught.value.code == "source.format"
