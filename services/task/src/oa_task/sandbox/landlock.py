"""Landlock: the kernel limits which files this process and its children can open (landlock(7)).

A process needs no privilege to limit itself, and cannot undo it. Kernels since 5.19 have all that this module needs.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG, _RULE_PATH_BENEATH = 1, 1
# Version 1 refuses every rename from one folder to another, which the outputs need.
_MIN_VERSION = 2

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_REFER, _TRUNCATE = 1 << 13, 1 << 14
# The number of rights on files that each version knows: each right is a bit, starting at the lowest.
_RIGHTS_BY_VERSION = {2: 14, 3: 15, 4: 15, 5: 16}
_SCOPE_VERSION = 6
# Connections to abstract sockets, and signals, stay within the confined processes.
_SCOPES = 0b11
_NETWORK_VERSION = 4

_READ = _READ_FILE | _READ_DIR
_RUN = _READ | _EXECUTE
_CHANGE = _READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER | _TRUNCATE
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE

# What the loader, the C library, and the allocators and thread pools of the libraries read.
_SYSTEM_CODE = ("/usr", "/lib", "/lib64", "/bin")
_SYSTEM_FILES = (
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/dev/urandom",
    "/dev/random",
    "/dev/zero",
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/sys/vm/overcommit_memory",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
    "/sys/fs/cgroup",
    "/sys/kernel/mm/transparent_hugepage",
)
_DATA_VARIABLES = ("GDAL_DATA", "PROJ_DATA", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class SandboxFolders:
    """What a process may open besides installed code: files and folders to read, folders to change."""

    readable: tuple[str, ...]
    writable: tuple[str, ...]


def landlock_version() -> int:
    """Return the version of Landlock that this kernel offers, 0 without one that this module can use."""
    if sys.platform != "linux":
        return 0
    version = int(ctypes.CDLL(None).syscall(ctypes.c_long(_CREATE_RULESET), None, ctypes.c_size_t(0), _VERSION_FLAG))
    return version if version >= _MIN_VERSION else 0


def confine_files(folders: SandboxFolders) -> bool:
    """Limit this thread and its future children to installed code and `folders`; return whether the kernel can.

    Call it before any library starts a thread. Requires `no_new_privs`. Raises OSError.
    """
    version = landlock_version()
    if not version:
        return False
    handled = (1 << _RIGHTS_BY_VERSION.get(version, max(_RIGHTS_BY_VERSION.values()))) - 1
    ruleset = _create_ruleset(version, handled)
    try:
        _allow(ruleset, _installed_code(), _RUN & handled)
        _allow(ruleset, _SYSTEM_FILES, _READ & handled)
        _allow(ruleset, ("/dev/null",), (_READ_FILE | _WRITE_FILE | _TRUNCATE) & handled)
        _allow(ruleset, folders.readable, _READ & handled)
        _allow(ruleset, folders.writable, _CHANGE & handled)
        _call("landlock_restrict_self", _RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return True


def _installed_code() -> list[str]:
    prefixes = (sys.prefix, sys.base_prefix, sys.exec_prefix)
    named = (path for name in _DATA_VARIABLES for path in os.environ.get(name, "").split(os.pathsep))
    return sorted({*_SYSTEM_CODE, *prefixes, *(path for path in (*sys.path, *named) if Path(path).is_absolute())})


def _create_ruleset(version: int, handled: int) -> int:
    """Return the descriptor of a ruleset that refuses every right on files until a rule allows it."""
    attributes = struct.pack("Q", handled)
    if version >= _NETWORK_VERSION:
        attributes += struct.pack("Q", 0)  # seccomp refuses all sockets, so no right on ports is needed
    if version >= _SCOPE_VERSION:
        attributes += struct.pack("Q", _SCOPES)
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    return _call("landlock_create_ruleset", _CREATE_RULESET, ctypes.byref(buffer), ctypes.c_size_t(len(attributes)), 0)


def _allow(ruleset: int, paths: Iterable[str] | Sequence[str], rights: int) -> None:
    """Allow rights on the files and folders that exist, and on everything below the folders."""
    for path in paths:
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            allowed = rights if Path(path).is_dir() else rights & _ON_FILES
            rule = ctypes.create_string_buffer(struct.pack("=Qi", allowed, descriptor), 12)
            _call("landlock_add_rule", _ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
        finally:
            os.close(descriptor)


def _call(name: str, number: int, *arguments: object) -> int:
    result = int(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
    return result
