"""The folder with the state of a stack: its processes, its ports, and how commands name it."""

import json
import shlex
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from oa_shared.errors import OaError

FOLDER = Path(".local")
PID_FILE = "oa-local.pid"
_FILES = ("ports.json", "secret", "env.json", PID_FILE)


class ForeignFolderError(OaError):
    """A folder to be deleted belongs to something else."""

    code = "local.foreign_folder"
    title = "Not the folder of a stack."


def running_process(folder: Path) -> psutil.Process | None:
    """Return the process of `oa-local up` with its state in this folder."""
    try:
        process = psutil.Process(int((folder / PID_FILE).read_text("ascii")))
        return process if any("oa-local" in word for word in process.cmdline()) else None
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None


def check_owner(folder: Path) -> None:
    """Raise ForeignFolderError for a folder with something else than the state of a stack."""
    if folder.exists() and not any((folder / name).exists() for name in _FILES):
        raise ForeignFolderError(f"{folder} does not hold the state of a stack; nothing was deleted")


def read_ports(folder: Path) -> dict[str, int]:
    """Return the port of each service."""
    ports: dict[str, int] = json.loads((folder / "ports.json").read_text("utf-8"))
    return ports


def state_option(folder: Path) -> str:
    """Return the option that names this folder, with a space before it; nothing for the default folder."""
    return "" if folder == FOLDER else f" --state {shlex.quote(str(folder))}"


def up_command(folder: Path) -> str:
    """Return the command that starts the stack of this folder."""
    return f"oa-local up{option}" if (option := state_option(folder)) else "make up"
