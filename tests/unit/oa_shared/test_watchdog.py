"""The watchdog ends a process whose loop hangs or whose shutdown does not end, whatever holds it up."""

import asyncio
import os
import signal
import subprocess
import sys
import time

import pytest

from oa_shared.watchdog import EXIT_STATUS, Watchdog
from support.programs import ending

_PROGRAM = """
import asyncio, ctypes, os, signal, sys, threading, time
from oa_shared.watchdog import Watchdog

async def main():
    watchdog = Watchdog(hang_s=0.5)
    watchdog.start()
    await asyncio.sleep(0.3)
    print("up", flush=True)
    {body}

asyncio.run(main())
"""
_BLOCKS = {
    "sleep": "time.sleep(60)",
    "busy loop": "while True: pass",
    "lock": "lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "lock of the log": "import logging; logging.getLogger().addHandler(logging.StreamHandler()); "
    "logging.getLogger().handlers[0].lock.acquire(); "
    "threading.Thread(target=lambda: logging.error('x')).start(); time.sleep(60)",
}
_SHUTDOWNS = {
    "thread of the executor": "asyncio.get_running_loop().run_in_executor(None, time.sleep, 60); "
    "watchdog.expect_exit(0.5)",
    "thread that is joined": "threading.Thread(target=time.sleep, args=(60,)).start(); watchdog.expect_exit(0.5)",
    "task that ignores its cancellation": "watchdog.expect_exit(0.5)\n    while True:\n"
    "        try: await asyncio.sleep(60)\n        except asyncio.CancelledError: pass",
}


def _run(body: str, *, within_s: float = 50) -> tuple[int, str, float]:
    started = time.monotonic()
    command = [sys.executable, "-c", _PROGRAM.format(body=body)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=within_s, check=False)
    return done.returncode, done.stderr, time.monotonic() - started


@pytest.mark.parametrize("body", _BLOCKS.values(), ids=_BLOCKS.keys())
def test_process_whose_loop_hangs_ends_with_its_traceback(body: str) -> None:
    status, text, took_s = _run(body)
    assert status == EXIT_STATUS, text
    assert "event_loop_hangs" in text
    assert "in main" in text
    assert took_s < 40


def test_process_that_hangs_with_the_interpreter_lock_is_ended_by_the_kernel() -> None:
    status, _, took_s = _run("ctypes.PyDLL(None).sleep(60)")
    assert status == -signal.SIGALRM
    assert took_s < 40


@pytest.mark.parametrize("body", _SHUTDOWNS.values(), ids=_SHUTDOWNS.keys())
def test_shutdown_that_hangs_is_ended(body: str) -> None:
    status, text, _ = _run(body)
    assert status == EXIT_STATUS, text
    assert "shutdown_hangs" in text


def test_process_that_was_frozen_as_a_whole_continues() -> None:
    program = _PROGRAM.format(body="await asyncio.sleep(3); os._exit(0)").replace("hang_s=0.5", "hang_s=1.5")
    with ending(subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(3)
        os.kill(process.pid, signal.SIGCONT)
        assert process.wait(60) == 0


async def test_loop_that_ticks_is_left_alone_and_a_stopped_watchdog_too() -> None:
    ended: list[int] = []
    watchdog = Watchdog(hang_s=0.6, has_alarm=False, end=ended.append)
    watchdog.start()
    await asyncio.sleep(1.5)
    watchdog.stop()
    time.sleep(1.2)  # noqa: ASYNC251 - the loop has to hang
    assert ended == []
