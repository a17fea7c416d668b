"""The limits of a process that reads untrusted data: memory, time, files, no network (docs/decisions/0005)."""

import ctypes
import os
import resource
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from oa_task.sandbox.landlock import SandboxFolders, confine_files
from oa_task.sandbox.system_calls import build_filter

_GIB = 1024**3
_OPEN_FILES = 1024
_MORE_PROCESSES = 4096
_FILE_BYTES = 60 * _GIB
_CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
_OOM_FIRST = "1000"

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _PR_SET_DUMPABLE = 38, 22, 4
_SECCOMP_MODE_FILTER = 2
_STEP_BYTES = 8


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """The limits of a process: address space for data, CPU seconds, the size of one file."""

    memory_bytes: int
    cpu_s: int = 4 * 3600
    file_bytes: int = _FILE_BYTES


def machine_limits() -> SandboxLimits:
    """Return twice the memory of the container, or of the machine, as the limit of a runaway process.

    The limit counts address space, and allocators reserve far more than they use. The container bounds the memory in
    use: its kernel kills this process first.
    """
    return SandboxLimits(memory_bytes=2 * _memory_bytes())


def apply_limits(limits: SandboxLimits, folders: SandboxFolders) -> None:
    """Apply the limits to this process and its children, irrevocably.

    The kernel closes the network to them, refuses calls that reading data does not need, and, where it has Landlock,
    opens files in `folders` and installed code only. Call it before any library starts a thread. Raises OSError if the
    kernel refuses.
    """
    _set_resource_limits(limits)
    if sys.platform == "linux":
        Path("/proc/self/oom_score_adj").write_text(_OOM_FIRST, encoding="ascii")
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        confine_files(folders)
        _filter_system_calls(build_filter())


def hide_from_children() -> None:
    """Hide the memory and environment of this process, which hold credentials, from children of the same user."""
    if sys.platform == "linux":
        _prctl(_PR_SET_DUMPABLE, 0)


def limit_file_size(file_bytes: int = _FILE_BYTES) -> None:
    """Limit the size of each file of this process, as a last resort: a larger one raises OSError EFBIG.

    The hard limit stays, for children with their own limit.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    most = file_bytes if hard == resource.RLIM_INFINITY else min(file_bytes, hard)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))


def _set_resource_limits(limits: SandboxLimits) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_bytes, limits.file_bytes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        _limit_processes()


def _limit_processes() -> None:
    """Limit the processes and threads of the user, who may run others on this machine, to some more than now.

    The kernel counts them for the user, and does not apply the limit to root.
    """
    most = _count_threads_of_user() + _MORE_PROCESSES
    _soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(resource.RLIMIT_NPROC, (most, most))


def _count_threads_of_user() -> int:
    threads = 0
    for entry in os.scandir("/proc"):
        with suppress(OSError):  # the process has ended, or hides
            if entry.name.isdigit() and entry.stat().st_uid == os.getuid():
                threads += len(os.listdir(f"{entry.path}/task"))  # noqa: PTH208 - names only, of many folders
    return threads


def _memory_bytes() -> int:
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    cgroup_limits = (path.read_text(encoding="ascii").strip() for path in _CGROUP_LIMITS if path.exists())
    return min([machine, *(int(text) for text in cgroup_limits if text.isdigit())])


def _filter_system_calls(program: bytes) -> None:
    """Let seccomp decide about each call of this process with a program of classic BPF."""
    code = ctypes.create_string_buffer(program)
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // _STEP_BYTES, ctypes.addressof(code)))
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(header))


def _prctl(option: int, first: int, second: int = 0) -> None:
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(option, ctypes.c_ulong(first), ctypes.c_ulong(second), ctypes.c_ulong(0), ctypes.c_ulong(0)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl {option}: {os.strerror(number)}")
