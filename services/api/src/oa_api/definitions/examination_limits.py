"""The limits of the process that examines definitions, which it sets for itself before it reads any."""

import os
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

_MIB = 1024 * 1024
_OPEN_FILES = 64
_OOM_FIRST = "1000"


@dataclass(frozen=True, slots=True)
class ExaminationLimits:
    """What the examination of one definition may take.

    `memory_bytes` come on top of the loaded program. `cpu_s` bounds the work for one reply; `wall_s` is how long the
    API waits for a reply, longer because the machine may be busy.
    """

    memory_bytes: int = 256 * _MIB
    cpu_s: int = 10
    wall_s: float = 60.0


def limit_process(limits: ExaminationLimits) -> None:
    """Limit the memory of this process, forbid files, and let the kernel end it before any other when memory is short.

    Raises OSError, ValueError if the kernel refuses.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    if sys.platform == "linux":
        most = _address_space_bytes() + limits.memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        Path("/proc/self/oom_score_adj").write_text(_OOM_FIRST, encoding="ascii")


def renew_cpu_budget(limits: ExaminationLimits) -> None:
    """Let this process work for another `cpu_s` seconds; the kernel ends it after that (SIGXCPU)."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used_s = int(usage.ru_utime + usage.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (used_s + limits.cpu_s, resource.RLIM_INFINITY))


def peak_memory_bytes() -> int:
    """Return the most memory that this process has had in use."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _address_space_bytes() -> int:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
