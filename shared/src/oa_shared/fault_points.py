"""Named places at which the fault tests kill a process, as a lost host would."""

import os
import signal
from pathlib import Path

VARIABLE = "OA_FAULT_AT"
FOLDER_VARIABLE = "OA_FAULT_FOLDER"
HIT = ".hit"


def fault_point(name: str) -> None:
    """Kill this process with SIGKILL when it is asked to die here; otherwise do nothing.

    OA_FAULT_AT names the place at which every process that passes dies. OA_FAULT_FOLDER holds a file for each place
    at which one shall die: the first to pass marks the file as hit and dies alone.
    """
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
