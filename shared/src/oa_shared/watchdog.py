"""The watchdog: ends the process for certain when its event loop hangs or its shutdown does not end.

A thread counts its own rounds since the loop last ticked. It counts rounds rather than seconds, so a process that was
frozen as a whole and continues is not mistaken for one whose loop hangs. Neither logging nor atexit handlers nor other
threads can hold up the end: it is `os._exit`. The kernel's alarm, which the loop keeps moving ahead, covers what no
thread of Python can: a call that hangs with the global interpreter lock.
"""

import asyncio
import faulthandler
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from oa_shared.fault_points import loop_fault_point
from oa_shared.loop_monitor import LoopMonitor

EXIT_STATUS = 70
_ROUND_S = 0.25
_TICK_S = 0.25
# How many times longer than `hang_s` the kernel waits. It counts the time of a freeze: a process that was frozen for
# longer has lost its leases, ends when it continues, and is started again.
_ALARM_FACTOR = 6
_LAST_WORDS_S = 2


def watch_process(hang_s: float) -> tuple[asyncio.Event, "Watchdog"]:
    """Watch this process; return an event that SIGTERM and SIGINT set, and the watchdog of the running loop."""
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    LoopMonitor().install()
    watchdog = Watchdog(hang_s=hang_s)
    watchdog.start()
    return stop, watchdog


class Watchdog:
    """Watches the event loop from which `start` is called. `hang_s` 0 watches the shutdown only."""

    def __init__(self, *, hang_s: float, has_alarm: bool = True, end: Callable[[int], object] = os._exit) -> None:
        self._hang_s = hang_s
        self._has_alarm = has_alarm
        self._end = end
        self._silent_rounds = 0
        self._rounds_to_exit: int | None = None
        self._stopped = threading.Event()
        self._tick_handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Watch the running loop."""
        self._loop = asyncio.get_running_loop()
        self._tick()
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """Stop watching."""
        self._stopped.set()
        if self._tick_handle is not None:
            self._tick_handle.cancel()
        self._set_alarm(0)

    def expect_exit(self, within_s: float) -> None:
        """End the process unless it has ended after `within_s` seconds."""
        rounds = round(within_s / _ROUND_S)
        self._rounds_to_exit = rounds if self._rounds_to_exit is None else min(rounds, self._rounds_to_exit)

    def _tick(self) -> None:
        self._silent_rounds = 0
        self._set_alarm(self._hang_s * _ALARM_FACTOR)
        self._tick_handle = self._loop.call_later(_TICK_S, self._tick)
        loop_fault_point()

    def _set_alarm(self, seconds: float) -> None:
        if self._has_alarm:
            signal.setitimer(signal.ITIMER_REAL, seconds)

    def _watch(self) -> None:
        while not self._stopped.wait(_ROUND_S):
            self._silent_rounds += 1
            if self._rounds_to_exit is not None:
                self._rounds_to_exit -= 1
                if self._rounds_to_exit <= 0:
                    self._end_process("shutdown_hangs")
                    return
            elif self._hang_s and self._silent_rounds * _ROUND_S > self._hang_s:
                self._end_process("event_loop_hangs")
                return

    def _end_process(self, event: str) -> None:
        # Writing may block on a full pipe: the alarm ends the process even then.
        self._set_alarm(_LAST_WORDS_S)
        line = {"event": event, "level": "critical", "timestamp": datetime.now(UTC).isoformat(), "pid": os.getpid()}
        os.write(2, json.dumps(line).encode() + b"\n")
        faulthandler.dump_traceback(sys.__stderr__ or 2, all_threads=True)
        self._end(EXIT_STATUS)
