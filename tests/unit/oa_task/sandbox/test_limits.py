"""The limits of the sandbox; each test starts a process, because limits cannot be removed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_CONFINED = (
    "from oa_task.sandbox.landlock import SandboxFolders\n"
    "from oa_task.sandbox.limits import SandboxLimits, apply_limits\n"
    "folders = SandboxFolders(('/tmp',), ('/tmp',))\n"
    "apply_limits(SandboxLimits(memory_bytes=8 << 30, file_bytes=1 << 20), folders)\n"
)
_OPEN = """
import json, socket
def attempt(family):
    try:
        socket.socket(family).close()
    except OSError as error:
        return error.errno
    return 0
print(json.dumps({f.name: attempt(f) for f in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_UNIX)}))
"""


def _run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)


def _answer(code: str) -> Any:
    done = _run(code)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_apply_limits_refuses_sockets() -> None:
    assert _answer(_CONFINED + _OPEN) == {"AF_INET": 13, "AF_INET6": 13, "AF_NETLINK": 13, "AF_UNIX": 13}


def test_apply_limits_includes_children() -> None:
    child = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {_OPEN!r}], check=True)"

    assert _answer(_CONFINED + child)["AF_INET"] == 13


def test_apply_limits_refuses_io_uring() -> None:
    call = (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nlibc.syscall(425, 1, None)\nprint(ctypes.get_errno())"
    )

    assert _answer(_CONFINED + call) == 13


def test_apply_limits_refuses_a_file_above_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "large"
    write = (
        "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"try:\n    open({str(path)!r}, 'wb').write(bytes(2 << 20))\nexcept OSError as error:\n    print(error.errno)"
    )

    assert _answer(_CONFINED + write) == 27
    assert path.stat().st_size <= 1 << 20


def test_apply_limits_memory_above_the_limit_is_a_memory_error() -> None:
    done = _run(_CONFINED + "bytearray(9 << 30)")

    assert "MemoryError" in done.stderr


def test_hide_from_children_hides_the_environment_from_a_child() -> None:
    code = """
import ctypes, json, os, subprocess
from oa_task.sandbox.limits import hide_from_children
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
    ctypes.CDLL(None).prctl(4, 1)
def is_readable():
    return subprocess.run(["cat", f"/proc/{os.getpid()}/environ"], capture_output=True).returncode == 0
before = is_readable()
hide_from_children()
print(json.dumps([before, is_readable()]))
"""

    assert _answer(code) == [True, False]
