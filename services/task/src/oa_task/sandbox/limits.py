"""The limits of a process that reads untrusted data: memory, time, files, and no network (docs/decisions/0005)."""

import ctypes
import errno
import os
import platform
import resource
import socket
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

_GIB = 1024**3
_OPEN_FILES = 1024
_FILE_BYTES = 60 * _GIB
_CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
_OOM_FIRST = "1000"

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _PR_SET_DUMPABLE = 38, 22, 4
_SECCOMP_MODE_FILTER = 2
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_X32_CALLS = 0x40000000
_IO_URING_SETUP = 425


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """The limits of a process: address space for data, CPU seconds, the size of one file."""

    memory_bytes: int
    cpu_s: int = 4 * 3600
    file_bytes: int = _FILE_BYTES


@dataclass(frozen=True, slots=True)
class _Machine:
    """The kernel's number of an architecture (AUDIT_ARCH) and of the system call socket(2)."""

    architecture: int
    socket_call: int


_MACHINES = {"x86_64": _Machine(0xC000003E, 41), "aarch64": _Machine(0xC00000B7, 198)}


def machine_limits() -> SandboxLimits:
    """Return twice the memory of the container, or of the machine, as the limit of a runaway process.

    The limit counts address space, and allocators reserve far more than they use. The container bounds the memory in
    use: its kernel kills this process first.
    """
    return SandboxLimits(memory_bytes=2 * _memory_bytes())


def apply_limits(limits: SandboxLimits) -> None:
    """Apply the limits to this process and its children, irrevocably, and close the network to them.

    Raises OSError if the kernel refuses.
    """
    _set_resource_limits(limits)
    if sys.platform == "linux":
        Path("/proc/self/oom_score_adj").write_text(_OOM_FIRST, encoding="ascii")
        _close_network(_MACHINES[platform.machine()])


def hide_from_children() -> None:
    """Hide the memory and environment of this process, which hold credentials, from children of the same user."""
    if sys.platform == "linux":
        _prctl(_PR_SET_DUMPABLE, 0)


def limit_file_size(file_bytes: int = _FILE_BYTES) -> None:
    """Limit the size of each file of this process, as a last resort: a larger one raises OSError EFBIG.

    The hard limit stays, for children with a limit of their own.
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


def _memory_bytes() -> int:
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    cgroup_limits = (path.read_text(encoding="ascii").strip() for path in _CGROUP_LIMITS if path.exists())
    return min([machine, *(int(text) for text in cgroup_limits if text.isdigit())])


def _close_network(machine: _Machine) -> None:
    """Let seccomp refuse all sockets except local ones, for all code of the process (seccomp(2), bpf(4)).

    Other calling conventions and io_uring would bypass the filter, so it refuses them too.
    """
    program = (
        _step(_LOAD, _ARCHITECTURE_AT),
        _step(_JUMP_IF_EQUAL, machine.architecture, otherwise=8),
        _step(_LOAD, _NUMBER_AT),
        _step(_JUMP_IF_AT_LEAST, _X32_CALLS, then=5),
        _step(_JUMP_IF_EQUAL, _IO_URING_SETUP, then=4),
        _step(_JUMP_IF_EQUAL, machine.socket_call, otherwise=2),
        _step(_LOAD, _FIRST_ARGUMENT_AT),
        _step(_JUMP_IF_EQUAL, socket.AF_UNIX, otherwise=1),
        _step(_RETURN, _ALLOW),
        _step(_RETURN, _REFUSE | errno.EACCES),
        _step(_RETURN, _KILL),
    )
    code = ctypes.create_string_buffer(b"".join(program))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(header))


def _step(code: int, operand: int, *, then: int = 0, otherwise: int = 0) -> bytes:
    """Return an instruction of a classic BPF program; `then` and `otherwise` are the instructions to skip."""
    return struct.pack("HBBI", code, then, otherwise, operand)


def _prctl(option: int, first: int, second: int = 0) -> None:
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(option, ctypes.c_ulong(first), ctypes.c_ulong(second), ctypes.c_ulong(0), ctypes.c_ulong(0)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl {option}: {os.strerror(number)}")
