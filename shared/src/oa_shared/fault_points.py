"""Named places at which fault tests kill a process, as the loss of its host would.

They are active only with OA_FAULT_POINTS=on, which the stack on one machine sets and no deployment does.
"""

import os
import signal
from pathlib import Path

SWITCH = "OA_FAULT_POINTS"
VARIABLE = "OA_FAULT_AT"
FOLDER_VARIABLE = "OA_FAULT_FOLDER"
HIT = ".hit"


def fault_point(name: str) -> None:
    """Kill this process with SIGKILL if this fault point is armed; otherwise do nothing.

    OA_FAULT_AT names a fault point at which every process dies. OA_FAULT_FOLDER is a folder with a file for each fault
    point at which one process dies: the first to reach it renames the file and dies.
    """
    if os.environ.get(SWITCH) != "on":
        return
    if os.environ.get(VARIABLE) == name or _is_first(name):
        os.kill(os.getpid(), signal.SIGKILL)


def _is_first(name: str) -> bool:
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        return False
    try:
        Path(folder, name).rename(Path(folder, name + HIT))
    except FileNotFoundError:
        return False
    return True
