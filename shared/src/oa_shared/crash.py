"""Named places at which the fault tests kill a process, as a lost host would."""

import os
import signal

VARIABLE = "OA_CRASH_AT"


def crash_point(name: str) -> None:
    """Kill this process with SIGKILL when OA_CRASH_AT names this place; otherwise do nothing."""
    if os.environ.get(VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)
