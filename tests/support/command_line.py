"""The command line as a program, for the tests that run it."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.programs import started
from support.running_api import SECRET, RunningApi

OA = Path(sys.executable).with_name("oa")


@dataclass
class ProgramResult:
    """The exit status and the output of a program."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return the printed JSON value."""
        return json.loads(self.out)


async def oa(
    api: RunningApi | None, *words: str, secret: str = SECRET, url: str = "", token: str = ""
) -> ProgramResult:
    """Run `oa` with its standard input closed, as a script does; a `token` takes precedence over the secret."""
    target = url or (str(api.client.make_url("")).rstrip("/") if api else "")
    return await run(OA, *words, OA_API_URL=target, OA_SHARED_SECRET=secret, OA_TOKEN=token)


async def run(program: Path, *words: str, path: str | None = None, **environ: str) -> ProgramResult:
    """Run a program with standard input closed, a wide terminal, and only these variables in its environment."""
    async with started(
        program,
        *words,
        env={"PATH": os.environ["PATH"] if path is None else path, "COLUMNS": "200", **environ},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    ) as process:
        out, err = await process.communicate()
    return ProgramResult(process.returncode or 0, out.decode(), err.decode())
