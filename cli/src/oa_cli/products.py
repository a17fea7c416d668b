"""What the commands of products share: files with their addresses, and waiting for a job to end."""

import asyncio
from collections.abc import Mapping
from typing import Any

from oa_cli.client import Api
from oa_cli.output import errors, told
from oa_cli.runner import DONE, JOB_FAILED

EVERY_S = 1.0
_ENDED = ("Success", "Warn", "Fail", "Cancelled")


def files_of(api: Api, product: Mapping[str, Any]) -> list[str]:
    """Return a line for each file: address and size."""
    return [f"{api.url}{file['url']}  {file['size_bytes']:,} bytes" for file in product["files"]]


def reason(started: Mapping[str, Any]) -> str:
    """Return what became of a wish to build something."""
    if started["skipped"]:
        return f"not built: {started['skipped']}"
    return f"job {started['job']} builds it of {started['inputs']:,} datasets with {started['features']:,} features"


async def wait_for(api: Api, job: int) -> int:
    """Wait until a job has ended, telling on standard error how far it is; return the exit status."""
    last = ""
    while True:
        found = await api.get(f"/api/job/{job}")
        line = f"job {job} {found['status']} {told(found)}".rstrip()
        if line != last:
            errors.print(line, markup=False, highlight=False, soft_wrap=True)
            last = line
        if found["status"] in _ENDED:
            return DONE if found["status"] == "Success" else JOB_FAILED
        await asyncio.sleep(EVERY_S)
