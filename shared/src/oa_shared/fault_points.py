"""Named places at which fault tests kill a process, as the loss of its host would.

They are active only with OA_FAULT_POINTS=on, which the stack on one machine sets and no deployment does.
"""

import asyncio
import os
import signal
import time
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


async def worker_fault_point(worker: str) -> None:
    """Do to a background worker what a file in OA_FAULT_FOLDER names, once; otherwise do nothing.

    `worker.NAME.kill` kills the process, `.raise` raises RuntimeError (`.fail` each time), `.hang` waits without end
    and `.stick` does so although it is canceled.
    """
    if os.environ.get(SWITCH) != "on":
        return
    fault_point(f"worker.{worker}.kill")
    if _is_first(f"worker.{worker}.raise") or _exists(f"worker.{worker}.fail"):
        raise RuntimeError(f"fault point of worker {worker}")
    if _is_first(f"worker.{worker}.hang"):
        await asyncio.Event().wait()
    if _is_first(f"worker.{worker}.stick"):
        await _ignore_cancellation()


def loop_fault_point() -> None:
    """Block the event loop without end if OA_FAULT_FOLDER has the file `loop.block`; otherwise do nothing."""
    if os.environ.get(SWITCH) == "on" and _is_first("loop.block"):
        while True:
            time.sleep(1)


async def _ignore_cancellation() -> None:
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue


def _exists(name: str) -> bool:
    folder = os.environ.get(FOLDER_VARIABLE)
    return bool(folder) and Path(str(folder), name).exists()


def _is_first(name: str) -> bool:
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        return False
    try:
        Path(folder, name).rename(Path(folder, name + HIT))
    except FileNotFoundError:
        return False
    return True
