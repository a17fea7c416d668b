"""The system calls that a process which reads untrusted data is refused (seccomp(2), bpf(4)).

Code that takes over such a process looks for a way out through the kernel: sockets, namespaces, other processes, file
systems, key rings, and parts of the kernel with many past vulnerabilities. None of them is needed to read data.
"""

import errno
import platform
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_ALLOW, _KILL, _REFUSE, _ABSENT = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EACCES, 0x00050000 | errno.ENOSYS
_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT = 0x15, 0x35, 0x45
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT, _ARGUMENT_BYTES = 0, 4, 16, 8
_X32_CALLS = 0x40000000

# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET (linux/sched.h).
_NEW_NAMESPACES = 0x7E020000
_SOCKET_TYPE_MASK = 0xF
# Commands that type into the terminal, which the process may share with a shell (ioctl_tty(2)).
_TYPE_INTO_TERMINAL = (0x5412, 0x541C)

# Numbers of refused calls on x86_64 and aarch64; None where the architecture lacks the call.
REFUSED: dict[str, tuple[int | None, int | None]] = {
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "io_uring_setup": (425, 425),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "symlink": (88, None),
    "symlinkat": (266, 36),
    "link": (86, None),
    "linkat": (265, 37),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "personality": (135, 92),
    "syslog": (103, 116),
    "quotactl": (179, 60),
    "acct": (163, 89),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
}
# The C library starts threads with clone where clone3, whose flags no filter can read, does not exist.
_CLONE3 = 435


@dataclass(frozen=True, slots=True)
class _Machine:
    """The kernel's number of an architecture (AUDIT_ARCH), its column in REFUSED, and calls with checked arguments."""

    architecture: int
    column: int
    socketpair: int
    clone: int
    ioctl: int
    prlimit64: int


_MACHINES = {
    "x86_64": _Machine(0xC000003E, 0, socketpair=53, clone=56, ioctl=16, prlimit64=302),
    "aarch64": _Machine(0xC00000B7, 1, socketpair=199, clone=220, ioctl=29, prlimit64=261),
}


@dataclass(frozen=True, slots=True)
class _Step:
    """An instruction; `then` and `otherwise` name the returned action to jump to, None is the next instruction.

    A number for `otherwise` is the count of instructions to skip.
    """

    code: int
    operand: int
    then: int | None = None
    otherwise: int | None = None
    skip: int = 0


_ENDS = (_ALLOW, _REFUSE, _ABSENT, _KILL)


def refused_number(name: str) -> int | None:
    """Return the number of a refused call on this machine."""
    return REFUSED[name][_MACHINES[platform.machine()].column]


def build_filter() -> bytes:
    """Return the program for seccomp on this machine. Raises KeyError on an architecture without a table."""
    machine = _MACHINES[platform.machine()]
    steps = [*_checks(machine), _Step(_RETURN, _ALLOW)]
    ends = {action: len(steps) + index for index, action in enumerate(_ENDS)}
    steps += [_Step(_RETURN, action) for action in _ENDS]
    return b"".join(_instruction(step, at, ends) for at, step in enumerate(steps))


def _checks(machine: _Machine) -> Iterator[_Step]:
    yield _Step(_LOAD, _ARCHITECTURE_AT)
    yield _Step(_IF_EQUAL, machine.architecture, otherwise=_KILL)
    yield _Step(_LOAD, _NUMBER_AT)
    yield _Step(_IF_AT_LEAST, _X32_CALLS, then=_REFUSE)
    for numbers in REFUSED.values():
        number = numbers[machine.column]
        if number is not None:
            yield _Step(_IF_EQUAL, number, then=_REFUSE)
    yield _Step(_IF_EQUAL, _CLONE3, then=_ABSENT)
    # A local datagram socket can send to any address, a stream only to its pair.
    yield from _check_call(
        machine.socketpair,
        _load_argument(0),
        _Step(_IF_EQUAL, socket.AF_UNIX, otherwise=_REFUSE),
        _load_argument(1),
        _Step(_AND, _SOCKET_TYPE_MASK),
        _Step(_IF_EQUAL, socket.SOCK_STREAM, then=_ALLOW, otherwise=_REFUSE),
    )
    yield from _check_call(
        machine.clone, _load_argument(0), _Step(_IF_ANY_BIT, _NEW_NAMESPACES, then=_REFUSE, otherwise=_ALLOW)
    )
    yield from _check_call(
        machine.ioctl,
        _load_argument(1),
        *(_Step(_IF_EQUAL, command, then=_REFUSE) for command in _TYPE_INTO_TERMINAL),
        _Step(_RETURN, _ALLOW),
    )
    # Only the limits of the process itself: 0 names it.
    yield from _check_call(machine.prlimit64, _load_argument(0), _Step(_IF_EQUAL, 0, then=_ALLOW, otherwise=_REFUSE))


def _check_call(number: int, *steps: _Step) -> Iterator[_Step]:
    """Yield steps that decide about one call; every path through them ends in an action."""
    yield _Step(_IF_EQUAL, number, skip=len(steps))
    yield from steps


def _load_argument(index: int) -> _Step:
    return _Step(_LOAD, _ARGUMENTS_AT + _ARGUMENT_BYTES * index)


def _instruction(step: _Step, at: int, ends: dict[int, int]) -> bytes:
    """Return an instruction of classic BPF, whose jumps count the instructions to skip."""
    then = 0 if step.then is None else ends[step.then] - at - 1
    otherwise = step.skip if step.otherwise is None else ends[step.otherwise] - at - 1
    return struct.pack("HBBI", step.code, then, otherwise, step.operand)
