"""`oa-local`: start and stop the whole system on this machine, and try it out."""

import argparse
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import psutil  # type: ignore[import-untyped]
from rich.console import Console

from oa_local import chaos
from oa_local.admin import LOGIN, sign_in_link
from oa_local.cases import submit_cases
from oa_local.client import LocalApi
from oa_local.county import describe_job, submit_county, wait_for_jobs
from oa_local.definitions import check_definitions
from oa_local.postgres import Postgres
from oa_local.stack import DATABASE, Stack
from oa_shared.errors import OaError
from oa_shared.logging import configure_logging

FOLDER = Path(".local")
_PID_FILE = FOLDER / "oa-local.pid"
_STOP_S = 60
_STOP_POLL_S = 0.05
console = Console(highlight=False, soft_wrap=True)


def interrupt_on_signals() -> None:
    """Raise KeyboardInterrupt on SIGINT and SIGTERM, even if a shell started this process in the background."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _running_process() -> psutil.Process | None:
    try:
        process = psutil.Process(int(_PID_FILE.read_text("ascii")))
        return process if any("oa-local" in word for word in process.cmdline()) else None
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None


def up() -> int:
    """Start all services, publish the samples, and supervise the services until stopped."""
    if _running_process():
        console.print("The stack is already running; `make down` stops it.")
        return 1
    FOLDER.mkdir(exist_ok=True)
    _PID_FILE.write_text(str(os.getpid()), "ascii")
    interrupt_on_signals()
    stack = Stack(FOLDER)
    try:
        _start(stack)
        while True:
            _supervise(stack)
            time.sleep(0.5)
    except KeyboardInterrupt:
        console.print("\nStopping.")
        return 0
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        stack.stop()
        _PID_FILE.unlink(missing_ok=True)


def _supervise(stack: Stack) -> None:
    for name in stack.supervise():
        console.print(f"  {name} stopped unexpectedly; restarted")


_AS_ROOT = (
    "Running as root: hostile data that takes over the reading process could take over this machine, since root passes "
    "most limits of the sandbox. Start the stack as another user."
)


def _start(stack: Stack) -> None:
    console.print(f"The pages will be at {stack.api_url}/ in about half a minute.")
    if os.geteuid() == 0:
        console.print(_AS_ROOT, style="yellow")
    started = time.monotonic()
    for name in stack.start(console.print):
        console.print(f"  {name} started after {time.monotonic() - started:.0f} s")
    console.print(f"Open {stack.api_url}/ now, or wait for the samples: three jobs of a fictional county.")
    api = LocalApi(stack.api_url, stack.secret)
    jobs = submit_county(stack.folder, api, stack.files_url)
    console.print("Published:")
    for job in wait_for_jobs(api, jobs, lambda: _supervise(stack)):
        console.print(f"  {describe_job(job)}")
    link = sign_in_link(stack.database_url, stack.api_url)
    console.print(f"\nSign in as {LOGIN} (once, within 15 minutes; `make sign-in` prints another link):\n  {link}")
    console.print(f"\nThe page is at {stack.api_url}/ - Ctrl-C stops everything; logs are in {FOLDER}/log.")


def sign_in() -> int:
    """Print a link that signs in to the running stack as its admin."""
    if _running_process() is None:
        console.print("The stack is not running; `make up` starts it.")
        return 1
    ports = _read_ports()
    database_url = Postgres(FOLDER.absolute() / "postgres", port=ports["postgres"]).url(DATABASE)
    console.print(sign_in_link(database_url, f"http://127.0.0.1:{ports['api']}"))
    return 0


def down() -> int:
    """Stop the running stack."""
    process = _running_process()
    if process is None:
        console.print("The stack is not running.")
        return 0
    process.terminate()
    if not _wait_for_end(process):
        console.print(f"Process {process.pid} has not stopped after {_STOP_S} s; logs are in {FOLDER}/log.")
        return 1
    console.print("Stopped.")
    return 0


def _wait_for_end(process: psutil.Process) -> bool:
    """Return whether the process ends in time."""
    end = time.monotonic() + _STOP_S
    while not _has_ended(process):
        if time.monotonic() > end:
            return False
        time.sleep(_STOP_POLL_S)
    return True


def _has_ended(process: psutil.Process) -> bool:
    """Return whether the process has ended, also if its parent has not yet read its exit status."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def reset() -> int:
    """Stop the stack and delete its state."""
    down()
    shutil.rmtree(FOLDER, ignore_errors=True)
    return 0


_ACTIONS: dict[str, tuple[Callable[[], int], str]] = {
    "up": (up, "start the stack and publish the sample county"),
    "down": (down, "stop the stack"),
    "reset": (reset, "stop the stack and delete its state"),
    "sign-in": (sign_in, "print a link that signs in as the admin"),
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="oa-local", description="Run the entire system on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (_action, words) in _ACTIONS.items():
        commands.add_parser(name, help=words)
    trial = commands.add_parser("chaos", help="kill a service in the middle of many jobs and count the outcomes")
    trial.add_argument("--jobs", type=int, default=300, help="the number of jobs (default: %(default)s)")
    trial.add_argument("--kill", choices=[*chaos.VICTIMS, "all"], default="all", help="the service to kill")
    posting = commands.add_parser("definitions", help="post all definitions below FOLDER at once and check the jobs")
    posting.add_argument("folder", type=Path)
    cases = commands.add_parser("cases", help="submit each case below FOLDER to the running stack")
    cases.add_argument("folder", type=Path)
    return parser


def _read_ports() -> dict[str, int]:
    ports: dict[str, int] = json.loads((FOLDER / "ports.json").read_text("utf-8"))
    return ports


def _run(options: argparse.Namespace) -> int:
    if options.command == "chaos":
        return chaos.run(console, jobs=options.jobs, kill=options.kill)
    if options.command == "definitions":
        return check_definitions(console, options.folder)
    if options.command == "cases":
        return submit_cases(console, options.folder, port=_read_ports()["cases"])
    return _ACTIONS[options.command][0]()


def main() -> None:
    """Run the command named on the command line."""
    options = _parser().parse_args()
    configure_logging("local", level="ERROR")
    try:
        sys.exit(_run(options))
    except OaError as error:
        console.print(f"{error.title} {error}", style="red", markup=False)
        sys.exit(1)
