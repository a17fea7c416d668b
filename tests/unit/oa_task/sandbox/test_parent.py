import json
import os
import signal
from pathlib import Path

import pytest

from oa_task.runtime.failure import TaskFailure
from oa_task.sandbox.parent import Sandbox
from oa_task.sandbox.request import SandboxRequest


def build_request(folder: Path) -> SandboxRequest:
    conform = {"format": "csv", "number": "A", "street": "A", "lon": "A", "lat": "A"}
    entry = {"name": "city", "data": "http://x.test/x.csv", "protocol": "http", "conform": conform}
    source = folder / "source.json"
    source.write_text(json.dumps({"schema": 2, "coverage": {}, "layers": {"addresses": [entry]}}))
    raw = folder / "x.csv"
    raw.write_text("A\n1\n")
    out = folder / "out"
    out.mkdir()
    return SandboxRequest(str(source), "addresses", "city", (str(raw),), str(folder), str(out), without=("parquet",))


def is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


async def test_sandbox_convert_returns_the_counts_and_leaves_out_outputs(tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        report = await sandbox.convert(build_request(tmp_path), lambda _count: None)
    assert report["count"] == 1
    assert not (tmp_path / "out" / "source.parquet").exists()


def test_sandbox_without_a_request_ends() -> None:
    with Sandbox() as sandbox:
        process_id = sandbox.process_id
        assert is_running(process_id)
    assert not is_running(process_id)


async def test_sandbox_killed_child_is_out_of_memory(tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        os.kill(sandbox.process_id, signal.SIGKILL)
        with pytest.raises(TaskFailure, match="SIGKILL") as caught:
            await sandbox.convert(build_request(tmp_path), lambda _count: None)
    assert caught.value.code == "resource.out_of_memory"


async def test_sandbox_child_crashed_by_the_data_is_a_format_failure(tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        os.kill(sandbox.process_id, signal.SIGSEGV)
        with pytest.raises(TaskFailure, match="SIGSEGV") as caught:
            await sandbox.convert(build_request(tmp_path), lambda _count: None)
    assert caught.value.code == "source.format"
