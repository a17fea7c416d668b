"""Fake `docker`, `aws` and `terraform` on the PATH, which refuse what the real programs and ECR refuse.

They share a JSON file, `state.json` in the folder that FAKE_PROGRAMS names: `local` and `pushed` images by tag, the
`calls`, and the answers of ECR: `scan` (states of the scan, the last one repeatedly) and its `findings`.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
SERVICES = ("api", "dispatcher", "task")


class FakePrograms:
    """The programs, installed in `folder/bin`, and their state."""

    def __init__(self, folder: Path, **state: Any) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir(parents=True)
        for name in ("docker", "aws", "terraform"):
            program = self.bin / name
            source = Path(__file__).with_name(f"fake_{name}.py")
            program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "{source}" "$@"\n')
            program.chmod(0o755)
        self.write({"local": {}, "pushed": {}, "calls": [], "scan": ["COMPLETE"], "findings": [], **state})

    @property
    def environ(self) -> dict[str, str]:
        return {"PATH": f"{self.bin}:{os.environ['PATH']}", "FAKE_PROGRAMS": str(self.folder)}

    def read(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.folder / "state.json").read_text())
        return state

    def write(self, state: dict[str, Any]) -> None:
        (self.folder / "state.json").write_text(json.dumps(state))

    def change(self, **state: Any) -> None:
        self.write({**self.read(), **state})

    def calls(self, *start: str) -> list[list[str]]:
        """Return the calls that begin with these words."""
        return [call for call in self.read()["calls"] if call[: len(start)] == list(start)]
