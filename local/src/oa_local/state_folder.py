"""The folder with the state of a stack: its processes, its ports, and how commands name it."""

import json
import shlex
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from oa_shared.errors import OaError

FOLDER = Path(".local")
PID_FILE = "oa-local.pid"
_MARK = "oa-local.state"
# One of them is in every folder of a stack; earlier versions wrote no mark.
_MARKS = (_MARK, "ports.json", PID_FILE)


class ForeignFolderError(OaError):
    """A folder to be used or deleted belongs to something else."""

    code = "local.foreign_folder"
    title = "Not the folder of a stack."


def running_process(folder: Path) -> psutil.Process | None:
    """Return the process of `oa-local up` with its state in this folder."""
    try:
        process = psutil.Process(int((folder / PID_FILE).read_text("ascii")))
        return process if any("oa-local" in word for word in process.cmdline()) else None
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None


def take_folder(folder: Path) -> None:
    """Create a folder and mark it as that of a stack, so that it may be deleted later.

    Raises ForeignFolderError for one with other files. The default folder also has the tools of the checkout.
    """
    if folder != FOLDER and folder.exists() and any(folder.iterdir()) and not _is_marked(folder):
        raise ForeignFolderError(f"{folder} has other files: choose a new or empty folder with --state")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()


def check_owner(folder: Path) -> None:
    """Raise ForeignFolderError for a folder with something else than the state of a stack."""
    if folder.exists() and not _is_marked(folder):
        raise ForeignFolderError(f"{folder} does not hold the state of a stack; nothing was deleted")


def _is_marked(folder: Path) -> bool:
    return any((folder / name).exists() for name in _MARKS)


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
