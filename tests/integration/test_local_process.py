"""Processes of the local stack: restarts, and no child outlives its parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from oa_local.postgres import Postgres
from oa_local.process import Process
from support.programs import ending

_PARENT = """
import sys, time
from pathlib import Path
from oa_local.postgres import Postgres
from oa_local.emulator import Emulator
folder = Path(sys.argv[1])
postgres, emulator = Postgres(folder / "pg"), Emulator(folder / "aws")
postgres.start()
emulator.start()
print(postgres.process.pid, emulator.process.pid, flush=True)
time.sleep(60)
"""


def _has_ended(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_killed_parent_leaves_no_postgres_and_no_emulator(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _PARENT, str(tmp_path)]
    with ending(subprocess.Popen(command, stdout=subprocess.PIPE)) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert len(pids) == 2
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 60
    while not all(_has_ended(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert all(_has_ended(pid) for pid in pids)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change its user")
@pytest.mark.parametrize("namespaces", ["yes", "no"])
def test_postgres_starts_as_root_in_a_private_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, namespaces: str
) -> None:
    monkeypatch.setenv("OA_LOCAL_NAMESPACES", namespaces)
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    server = Postgres(private / "data", fsync_off=True)
    server.start()
    try:
        assert server.answers()
    finally:
        server.stop()
    assert not server.answers()


def test_killed_postgres_restarts_with_its_databases(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "data")
    try:
        server.start()
        server.create("kept")
        server.process.kill()
        server.start()
        assert server.exists("kept")
    finally:
        server.stop()


def test_stop_kills_a_process_that_ignores_the_signal(tmp_path: Path) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"
    process = Process([sys.executable, "-c", code], log=tmp_path / "log")
    process.start_and_wait("the program", lambda: "on" in process.tail())
    process.stop(timeout_s=0.5)
    assert not process.running
