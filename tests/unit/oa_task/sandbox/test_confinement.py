"""Code that has taken over the child: each way out is tried by a child with the limits of the sandbox."""

import ctypes
import errno
import json
import os
import platform
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from oa_task.sandbox.landlock import landlock_version
from oa_task.sandbox.parent import Sandbox
from oa_task.sandbox.system_calls import REFUSED, build_filter, refused_number

_CONFINE = """
import ctypes, json, os, signal, socket, subprocess, sys
from oa_task.sandbox.landlock import SandboxFolders
from oa_task.sandbox.limits import SandboxLimits, apply_limits
room, out = sys.argv[1:3]
apply_limits(SandboxLimits(memory_bytes=8 << 30, file_bytes=1 << 20), SandboxFolders((room,), (out,)))
libc = ctypes.CDLL(None, use_errno=True)
def attempt(action, *arguments):
    try:
        action(*arguments)
    except OSError as error:
        return error.errno
    return 0
def call(number, *arguments):
    ctypes.set_errno(0)
    return ctypes.get_errno() if libc.syscall(ctypes.c_long(number), *arguments) < 0 else 0
"""
needs_landlock = pytest.mark.skipif(
    not landlock_version(), reason="THIS KERNEL HAS NO LANDLOCK: nothing here shows that files are confined"
)
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel confines processes on Linux only")


@pytest.fixture
def room(tmp_path: Path) -> Path:
    for name in ("room", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / "room/data").write_text("data")
    (tmp_path / "secret").write_text("secret")
    return tmp_path


def run_confined(folder: Path, code: str) -> Any:
    words = [sys.executable, "-c", _CONFINE + code, str(folder / "room"), str(folder / "out")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_landlock
def test_child_opens_files_of_its_folders_and_code_only(room: Path) -> None:
    (room / "out/link").symlink_to(room / "secret")
    paths = {
        "data": room / "room/data",
        "code": Path(os.__file__),
        "secret": room / "secret",
        "through a link": room / "out/link",
        "through proc": Path("/proc/self/root") / str(room / "secret").lstrip("/"),
        "users": Path("/etc/passwd"),
        "another process": Path(f"/proc/{os.getpid()}/environ"),
        "folder": room,
    }
    given = {name: str(path) for name, path in paths.items()}
    code = f"print(json.dumps({{n: attempt(lambda: os.close(os.open(p, os.O_RDONLY))) for n, p in {given!r}.items()}}))"

    results = run_confined(room, code)

    assert {name for name, error in results.items() if error == 0} == {"data", "code"}
    assert {error for error in results.values() if error} == {errno.EACCES}


@needs_landlock
def test_child_changes_files_of_its_output_only(room: Path) -> None:
    changes = f"""
def write(path):
    with open(path, "w") as file:
        file.write("x")
secret, data, out, here = {str(room / "secret")!r}, room + "/data", out, {str(room)!r}
print(json.dumps({{
    "own": attempt(write, out + "/a"), "rename own": attempt(os.rename, out + "/a", out + "/b"),
    "secret": attempt(write, secret), "read-only": attempt(write, data), "remove": attempt(os.unlink, secret),
    "truncate": attempt(os.truncate, secret, 0), "new": attempt(write, here + "/new"),
    "folder": attempt(os.mkdir, here + "/f"),
    "move out": attempt(os.rename, out + "/b", here + "/b"), "move in": attempt(os.rename, secret, out + "/s"),
    "null": attempt(write, "/dev/null"),
}}))
"""

    results = run_confined(room, changes)

    assert {name for name, error in results.items() if error == 0} == {"own", "rename own", "null"}
    assert (room / "secret").read_text() == "secret"
    assert (room / "room/data").read_text() == "data"


@needs_landlock
def test_child_of_the_child_is_confined_too_and_runs_installed_programs_only(room: Path) -> None:
    (room / "out/program").write_text("#!/bin/sh\necho ran\n")
    (room / "out/program").chmod(0o755)
    code = f"""
cat = subprocess.run(["cat", {str(room / "secret")!r}], capture_output=True, text=True)
print(json.dumps([cat.returncode, cat.stdout, attempt(subprocess.run, [out + "/program"])]))
"""

    status, output, error = run_confined(room, code)

    assert (status != 0, output) == (True, "")
    assert error == errno.EACCES


@on_linux
def test_calls_that_reading_data_does_not_need_are_refused(room: Path) -> None:
    numbers = {name: refused_number(name) for name in REFUSED}
    existing = {name: number for name, number in numbers.items() if number is not None}
    # Without arguments: a call that the filter let through would fail with another error, or not at all.
    results = run_confined(room, f"print(json.dumps({{n: call(i, *[None] * 6) for n, i in {existing!r}.items()}}))")
    assert {name for name, error in results.items() if error != errno.EACCES} == set()
    assert len(results) > 40


@on_linux
def test_calls_with_some_arguments_are_refused_and_others_work(room: Path) -> None:
    attempts = """
print(json.dumps({
    "stream pair": attempt(lambda: [each.close() for each in socket.socketpair()]),
    "datagram pair": attempt(socket.socketpair, socket.AF_UNIX, socket.SOCK_DGRAM),
    "clone3": call(435, None, ctypes.c_long(0)),
    "own limits": attempt(lambda: __import__("resource").getrlimit(__import__("resource").RLIMIT_NOFILE)),
    "limits of the parent": attempt(__import__("resource").prlimit, os.getppid(), __import__("resource").RLIMIT_CPU),
    "type into the terminal": attempt(lambda: __import__("fcntl").ioctl(0, 0x5412, b"x")),
    "thread": attempt(lambda: __import__("threading").Thread(target=int).start()),
}))
"""
    refused = errno.EACCES
    assert run_confined(room, attempts) == {
        "stream pair": 0,
        "datagram pair": refused,
        "clone3": errno.ENOSYS,
        "own limits": 0,
        "limits of the parent": refused,
        "type into the terminal": refused,
        "thread": 0,
    }


@on_linux
@pytest.mark.parametrize("flag", [0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000])
def test_clone_into_a_new_namespace_is_refused(room: Path, flag: int) -> None:
    number = {"x86_64": 56, "aarch64": 220}[platform.machine()]
    code = f"print(call({number}, ctypes.c_long({flag} | 17), None, None, None, None))"
    assert run_confined(room, code) == errno.EACCES


@on_linux
def test_local_server_is_out_of_reach(room: Path) -> None:
    with listening(room / "room/server"):
        code = """
def connect():
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(room + "/server")
print(attempt(connect))
"""
        assert run_confined(room, code) == errno.EACCES


@needs_landlock
@pytest.mark.skipif(landlock_version() < 6, reason="THIS KERNEL LETS A CHILD SIGNAL PROCESSES OF ITS USER: Landlock 6")
def test_child_signals_only_its_own_processes(room: Path) -> None:
    code = """
own = subprocess.Popen(["sleep", "60"])
print(json.dumps([attempt(os.kill, os.getppid(), 0), attempt(own.kill)]))
own.wait()
"""
    assert run_confined(room, code) == [errno.EPERM, 0]


@on_linux
def test_fork_bomb_ends_at_the_limit_of_processes(room: Path) -> None:
    code = """
import oa_task.sandbox.limits as limits
import resource
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)  # the limit does not apply to root
soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
resource.setrlimit(resource.RLIMIT_NPROC, (1, hard))  # the same limit, at a number that a test can reach
children, error = [], 0
for _ in range(20):
    try:
        child = os.fork()
    except OSError as refusal:
        error = refusal.errno
        break
    if child == 0:
        signal.pause()
    children.append(child)
for child in children:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
print(json.dumps([hard > 4096, hard < 1 << 20, error]))
"""
    assert run_confined(room, code) == [True, True, errno.EAGAIN]


def test_filter_fits_the_jumps_of_its_instructions() -> None:
    program = build_filter()
    assert len(program) % 8 == 0
    assert len(program) // 8 < 256


@contextmanager
def listening(path: Path) -> Iterator[None]:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        yield


def test_kernel_version_of_landlock_is_that_of_the_kernel() -> None:
    answer = ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1) if sys.platform == "linux" else 0
    assert landlock_version() == (answer if answer > 1 else 0)


def _read_when_set(path: Path) -> bytes:
    """Return a file of /proc, which is empty for a moment after the child has become its program."""
    deadline = time.monotonic() + 60
    while not (content := path.read_bytes()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return content


@on_linux
@pytest.mark.parametrize("program", ["oa_task.sandbox.child", "oa_task.products.build_child"])
def test_child_has_neither_the_token_nor_credentials_of_its_parent(
    program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OA_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
        monkeypatch.setenv(name, "planted")
    with Sandbox(program=program) as sandbox:
        process = Path(f"/proc/{sandbox._child.pid}")
        environment, words = _read_when_set(process / "environ"), _read_when_set(process / "cmdline")
    assert b"TMPDIR=" in environment
    assert b"planted" not in environment + words
    assert not any(part.startswith((b"OA_", b"AWS_")) for part in environment.split(b"\0"))
