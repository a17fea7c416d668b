"""Each program of `oa_tools` prints its help, refuses arguments that it does not know, and runs nothing then."""

import os
import subprocess
import sys
from pathlib import Path

_TOOLS = Path(__file__).parents[3] / "tools"
# Becomes the program after `--`, and is started by the checks only.
_WRAPPERS = {"oa_tools.deployment.confined_exec"}


def _programs() -> list[str]:
    found = set()
    for path in _TOOLS.rglob("*.py"):
        if '\nif __name__ == "__main__":' in path.read_text("utf-8"):
            found.add(".".join(path.relative_to(_TOOLS).with_suffix("").parts).removesuffix(".__main__"))
    return sorted(found - _WRAPPERS)


def _run(program: str, argument: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", program, argument]
    environ = {**os.environ, "PYTHONPATH": str(_TOOLS)}
    return subprocess.run(words, env=environ, capture_output=True, text=True, check=False, timeout=60)


def test_every_program_has_help_and_refuses_unknown_arguments() -> None:
    wrong = {}
    programs = _programs()
    assert len(programs) > 5
    for program in programs:
        for argument, status, printed in (("--help", 0, "usage: "), ("--no-such-option", 2, "unrecognized arguments")):
            ended = _run(program, argument)
            says = printed in ended.stdout + ended.stderr
            lacks_sentence = status == 0 and len(ended.stdout.split("\n\n")) < 3
            if ended.returncode != status or not says or lacks_sentence:
                wrong[program, argument] = (ended.returncode, ended.stdout[-300:], ended.stderr[-300:])
    assert wrong == {}
