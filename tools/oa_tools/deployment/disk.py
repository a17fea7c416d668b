"""The disk of a container: read-only except for the folders that its task definition mounts."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_HERE = Path(__file__).parent
_TEMPORARY = "/tmp"  # noqa: S108 - the folder of the images
_DOUBLE = _HERE / "read_only_double"


class DiskRule(StrEnum):
    """How the disk of a process becomes read-only."""

    NAMESPACE = "a read-only mount in its own namespace"
    DOUBLE = "a double in Python, because this machine has no mount namespaces: other programs are NOT confined"


@dataclass(frozen=True, slots=True)
class ConfinedCommand:
    """A command with what it needs in its environment."""

    command: tuple[str, ...]
    environ: Mapping[str, str]


def find_rule() -> DiskRule:
    """Return the strictest rule that this machine can keep."""
    # An empty file system over a folder that holds the program would hide it.
    is_hidden = any(Path(path).resolve().is_relative_to(_TEMPORARY) for path in (sys.prefix, Path.cwd()))
    if is_hidden or _run(("true",), (_TEMPORARY,)) != 0:
        return DiskRule.DOUBLE
    return DiskRule.NAMESPACE


def confine(rule: DiskRule, command: Sequence[str], writable: Sequence[str]) -> ConfinedCommand:
    """Return a command that can write to the folders only."""
    if rule is DiskRule.NAMESPACE:
        return ConfinedCommand(_in_namespace(command, writable), {})
    path = os.pathsep.join([str(_DOUBLE), *filter(None, [os.environ.get("PYTHONPATH", "")])])
    # The images name no folder for temporary files.
    environ = {"PYTHONPATH": path, "OA_WRITABLE_FOLDERS": ":".join(writable), "TMPDIR": ""}
    return ConfinedCommand(tuple(command), {**environ, "PYTHONDONTWRITEBYTECODE": "1"})


def _in_namespace(command: Sequence[str], writable: Sequence[str]) -> tuple[str, ...]:
    options = [word for folder in writable for word in ("--writable", folder)]
    return (sys.executable, "-P", str(_HERE / "confined_exec.py"), *options, "--", *command)


def _run(command: Sequence[str], writable: Sequence[str]) -> int:
    done = subprocess.run(_in_namespace(command, writable), check=False, capture_output=True, timeout=60)  # noqa: S603 - our own program
    return done.returncode
