"""`oa-local down` ends a stack whose parent does not read its exit status, as under a container's first process."""

import subprocess
import sys
from pathlib import Path

import pytest

from oa_local import main
from oa_local.state_folder import FOLDER
from support.programs import ending

_SLEEP = [sys.executable, "-c", "import time; time.sleep(60)", "oa-local"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    FOLDER.mkdir()
    return tmp_path


def _write_process_id(process: subprocess.Popen[bytes]) -> None:
    (FOLDER / "oa-local.pid").write_text(str(process.pid), "ascii")


def test_down_process_not_reaped_has_ended() -> None:
    with ending(subprocess.Popen(_SLEEP)) as process:
        _write_process_id(process)
        assert main.down() == 0
        assert process.wait(60) < 0


def test_down_ignored_signal_fails_with_a_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(main, "_STOP_S", 1)
    ignoring = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    command = [sys.executable, "-c", ignoring, "oa-local"]
    with ending(subprocess.Popen(command, stdout=subprocess.PIPE)) as process:
        _write_process_id(process)
        assert process.stdout is not None
        process.stdout.readline()
        assert main.down() == 1
    assert f"Process {process.pid} has not stopped after 1 s" in capsys.readouterr().out
