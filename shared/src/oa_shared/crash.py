"""Named places at which the fault tests kill a process, as a lost host would."""

import os
import signal
from pathlib import Path

VARIABLE = "OA_CRASH_AT"
FILE_VARIABLE = "OA_CRASH_FILE"


def crash_point(name: str) -> None:
    """Kill this process with SIGKILL when it is asked to die here; otherwise do nothing.

    OA_CRASH_AT names the place at which every process that passes dies. OA_CRASH_FILE is a file that names it: the
    first to pass takes the file away and dies alone.
    """
    if os.environ.get(VARIABLE) == name or _is_first(name):
        os.kill(os.getpid(), signal.SIGKILL)


def _is_first(name: str) -> bool:
    path = os.environ.get(FILE_VARIABLE)
    if not path:
        return False
    try:
        if Path(path).read_text("ascii") != name:
            return False
        Path(path).rename(f"{path}.{name}")
    except FileNotFoundError:
        return False
    return True
