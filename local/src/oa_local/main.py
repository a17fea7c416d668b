"""The `oa-local` program: up, down, reset, sign-in, chaos, definitions, cases and weekly."""

import argparse
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType

import psutil  # type: ignore[import-untyped]
from rich.console import Console

from oa_local import chaos
from oa_local.admin import LOGIN, sign_in_link
from oa_local.cases import submit_cases
from oa_local.client import Api
from oa_local.county import follow, submit_county, words
from oa_local.definitions import check_definitions
from oa_local.postgres import Postgres
from oa_local.stack import DATABASE, Stack
from oa_local.weekly.trial import Trial
from oa_shared.errors import OaError
from oa_shared.logging import configure_logging

FOLDER = Path(".local")
_PID_FILE = FOLDER / "oa-local.pid"
_STOP_S = 60.0
console = Console(highlight=False, soft_wrap=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _running() -> psutil.Process | None:
    try:
        process = psutil.Process(int(_PID_FILE.read_text("ascii")))
        return process if any("oa-local" in word for word in process.cmdline()) else None
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None


def up() -> int:
    """Start everything, show the samples, and tend it until told to stop."""
    if _running():
        console.print("It is up already; `make down` stops it.")
        return 1
    FOLDER.mkdir(exist_ok=True)
    _PID_FILE.write_text(str(os.getpid()), "ascii")
    for number in (signal.SIGINT, signal.SIGTERM):
        # also where a shell started this in the background, with Ctrl-C switched off
        signal.signal(number, _interrupt)
    stack = Stack(FOLDER)
    try:
        _show(stack)
        while True:
            _tend(stack)
            time.sleep(0.5)
    except KeyboardInterrupt:
        console.print("\nStopping.")
        return 0
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        stack.stop()
        _PID_FILE.unlink(missing_ok=True)


def _tend(stack: Stack) -> None:
    for name in stack.tend():
        console.print(f"  {name} had died and runs again")


def _show(stack: Stack) -> None:
    for name in stack.start():
        console.print(f"  {name} is up")
    api = Api(stack.api_url, stack.secret)
    jobs = submit_county(stack.folder, api, stack.files_url)
    console.print("Published:")
    for job in follow(api, jobs, lambda: _tend(stack)):
        console.print(f"  {words(job)}")
    _show_sign_in(stack)
    console.print(f"\nThe page is at {stack.api_url}/ - Ctrl-C stops everything; logs are in {FOLDER}/log.")


def _show_sign_in(stack: Stack) -> None:
    link = sign_in_link(stack.database_url, stack.api_url)
    console.print(f"\nSign in as {LOGIN}, once, within 15 minutes (`make sign-in` gives another link):\n  {link}")


def sign_in() -> int:
    """Print a link that signs in to the running stack."""
    if _running() is None:
        console.print("Nothing is up: `make up` starts it.")
        return 1
    ports = json.loads((FOLDER / "ports.json").read_text("utf-8"))
    database_url = Postgres(FOLDER.absolute() / "postgres", port=ports["postgres"]).url(DATABASE)
    console.print(sign_in_link(database_url, f"http://127.0.0.1:{ports['api']}"))
    return 0


def down() -> int:
    """Stop what `up` started, from another terminal."""
    process = _running()
    if process is None:
        console.print("Nothing is up.")
        return 0
    process.terminate()
    process.wait(_STOP_S)
    console.print("Stopped.")
    return 0


def reset() -> int:
    """Stop, and remove all state; the installed packages stay."""
    down()
    shutil.rmtree(FOLDER, ignore_errors=True)
    return 0


def _share(text: str) -> float:
    """Read 10% or 0.1."""
    share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    if not 0 <= share <= 1:
        raise ValueError(text)
    return share


def _weekly(given: argparse.Namespace) -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        # also where a shell started this in the background, with Ctrl-C switched off
        signal.signal(number, _interrupt)
    trial = Trial(console, FOLDER)
    try:
        if given.mend:
            return trial.mend()
        return trial.run(given.definitions, round(given.definitions * given.broken), stays=not given.once)
    except KeyboardInterrupt:
        console.print("Interrupted; what was fired goes on.")
        return 130


def main() -> None:
    """Run the command named on the command line."""
    parser = argparse.ArgumentParser(prog="oa-local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("up", "down", "reset", "sign-in"):
        commands.add_parser(name)
    trial = commands.add_parser("chaos")
    trial.add_argument("--jobs", type=int, default=300)
    trial.add_argument("--kill", choices=[*chaos.VICTIMS, "all"], default="all")
    posting = commands.add_parser("definitions", help="post all definitions below FOLDER at once and check the jobs")
    posting.add_argument("folder", type=Path)
    serving = commands.add_parser("cases", help="submit each case below FOLDER to the running stack and follow it")
    serving.add_argument("folder", type=Path)
    weekly = commands.add_parser("weekly", help="make towns, break some, and take them all through the weekly run")
    weekly.add_argument("--definitions", type=int, default=300)
    weekly.add_argument("--broken", type=_share, default=0.1, help="how many of them, as 10%% or 0.1")
    weekly.add_argument("--once", action="store_true", help="end when all jobs have ended, and serve no longer")
    weekly.add_argument("--mend", action="store_true", help="mend the data of the towns, in another terminal")
    given = parser.parse_args()
    configure_logging("local", level="ERROR")
    try:
        if given.command == "chaos":
            sys.exit(chaos.run(console, jobs=given.jobs, kill=given.kill))
        if given.command == "definitions":
            sys.exit(check_definitions(console, given.folder))
        if given.command == "cases":
            sys.exit(submit_cases(console, given.folder))
        if given.command == "weekly":
            sys.exit(_weekly(given))
        sys.exit({"up": up, "down": down, "reset": reset, "sign-in": sign_in}[given.command]())
    except OaError as error:
        console.print(f"{error.title} {error}", style="red", markup=False)
        sys.exit(1)
