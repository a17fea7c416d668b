"""`oa-local`: start and stop the whole system on this machine, and try it out."""

import argparse
import os
import re
import shlex
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
from oa_local.state_folder import (
    FOLDER,
    PID_FILE,
    check_owner,
    read_ports,
    running_process,
    state_option,
    take_folder,
    up_command,
)
from oa_shared.errors import OaError
from oa_shared.logging import configure_logging

_LAST_PORT = 65_535
_STOP_S = 60
_STOP_POLL_S = 0.05
console = Console(highlight=False, soft_wrap=True)


def interrupt_on_signals() -> None:
    """Raise KeyboardInterrupt on SIGINT and SIGTERM, even if a shell started this process in the background."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def up(folder: Path = FOLDER, port: int | None = None) -> int:
    """Start all services, publish the samples, and supervise the services until stopped.

    The state is in `folder`. Raises ForeignFolderError if it has other files, StartError if another program uses
    `port`, the port of the pages.
    """
    if running_process(folder):
        console.print(
            f"A stack with its state in {folder} is already running; `oa-local down{state_option(folder)}` stops it."
        )
        return 1
    take_folder(folder)
    (folder / PID_FILE).write_text(str(os.getpid()), "ascii")
    interrupt_on_signals()
    stack: Stack | None = None
    try:
        stack = Stack(folder, api_port=port)
        _start(stack, folder)
        while True:
            _supervise(stack)
            time.sleep(0.5)
    except KeyboardInterrupt:
        console.print("\nStopping.")
        return 0
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        if stack is not None:
            stack.stop()
        (folder / PID_FILE).unlink(missing_ok=True)


def _supervise(stack: Stack) -> None:
    for name in stack.supervise():
        console.print(f"  {name} stopped unexpectedly; restarted")


_AS_ROOT = (
    "Running as root: hostile data that takes over the reading process could take over this machine, since root passes "
    "most limits of the sandbox. Start the stack as another user."
)


def _start(stack: Stack, folder: Path = FOLDER) -> None:
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
    another = f"oa-local sign-in{state_option(folder)}" if state_option(folder) else "make sign-in"
    console.print(f"\nSign in as {LOGIN} (once, within 15 minutes; `{another}` prints another link):\n  {link}")
    if state_option(folder):
        console.print(f"\n`oa` finds this stack with:\n  export OA_LOCAL_STATE={shlex.quote(str(stack.folder))}")
    console.print(f"\nThe page is at {stack.api_url}/ - Ctrl-C stops everything; logs are in {folder}/log.")


def sign_in(folder: Path = FOLDER) -> int:
    """Print a link that signs in to the running stack as its admin."""
    if running_process(folder) is None:
        console.print(f"The stack is not running; `{up_command(folder)}` starts it.")
        return 1
    ports = read_ports(folder)
    database_url = Postgres(folder.absolute() / "postgres", port=ports["postgres"]).url(DATABASE)
    console.print(sign_in_link(database_url, f"http://127.0.0.1:{ports['api']}"))
    return 0


def down(folder: Path = FOLDER) -> int:
    """Stop the running stack."""
    process = running_process(folder)
    if process is None:
        console.print("The stack is not running.")
        return 0
    process.terminate()
    if not _wait_for_end(process):
        console.print(f"Process {process.pid} has not stopped after {_STOP_S} s; logs are in {folder}/log.")
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


def reset(folder: Path = FOLDER) -> int:
    """Stop the stack and delete its state. Raises ForeignFolderError for a folder that is not the state of a stack."""
    check_owner(folder)
    if status := down(folder):
        return status
    shutil.rmtree(folder, ignore_errors=True)
    return 0


_ACTIONS: dict[str, tuple[Callable[[Path], int], str]] = {
    "up": (up, "start the stack and publish the sample county"),
    "down": (down, "stop the stack"),
    "reset": (reset, "stop the stack and delete its state"),
    "sign-in": (sign_in, "print a link that signs in as the admin"),
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="oa-local", description="Run the entire system on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (_action, words) in _ACTIONS.items():
        command = commands.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
        _add_state(command)
        if name == "up":
            command.add_argument(
                "--port",
                type=_port,
                help="port of the pages (default: that of the last start, else 5000)",
            )
    trial = commands.add_parser("chaos", help="kill a service in the middle of many jobs and count the outcomes")
    trial.add_argument("--jobs", type=int, default=300, help="the number of jobs (default: %(default)s)")
    trial.add_argument("--kill", choices=[*chaos.VICTIMS, "all"], default="all", help="the service to kill")
    posting = commands.add_parser("definitions", help="post all definitions below FOLDER at once and check the jobs")
    posting.add_argument("folder", type=Path)
    cases = commands.add_parser("cases", help="submit each case below FOLDER to the running stack")
    cases.add_argument("folder", type=Path)
    _add_state(cases)
    return parser


def _add_state(command: argparse.ArgumentParser) -> None:
    words = "folder of the state: database, queues, files, logs (default: OA_LOCAL_STATE, else %(default)s)"
    state = Path(os.environ.get("OA_LOCAL_STATE") or FOLDER)
    command.add_argument("--state", type=Path, default=state, metavar="FOLDER", help=words)


def _port(text: str) -> int:
    """Return a port. Raises ArgumentTypeError for anything else."""
    if not (re.fullmatch("[0-9]{1,5}", text) and 1 <= int(text) <= _LAST_PORT):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: use a number from 1 to {_LAST_PORT}")
    return int(text)


def _run(options: argparse.Namespace) -> int:
    if options.command == "chaos":
        return chaos.run(console, jobs=options.jobs, kill=options.kill)
    if options.command == "definitions":
        return check_definitions(console, options.folder)
    if options.command == "cases":
        return submit_cases(console, options.folder, port=read_ports(options.state)["cases"])
    if options.command == "up":
        return up(options.state, options.port)
    return _ACTIONS[options.command][0](options.state)


def main() -> None:
    """Run the command named on the command line."""
    options = _parser().parse_args()
    configure_logging("local", level="ERROR")
    try:
        sys.exit(_run(options))
    except OaError as error:
        console.print(f"{error.title} {error}", style="red", markup=False)
        sys.exit(1)
