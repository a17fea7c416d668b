"""CSV and GeoPackage of a dataset: has the file written unless it exists, and waits for it."""

import asyncio
from collections.abc import Mapping
from typing import TypedDict

from oa_cli.api_errors import RejectedError
from oa_cli.client import Api
from oa_cli.datasets import PublishedFile
from oa_cli.interruption import explain_interruption

CONVERTED_FILES: Mapping[str, str] = {"source.csv.gz": "csv", "source.gpkg": "gpkg"}
# Between two requests, and in all.
_LONGEST_PAUSE_S, _TIMEOUT_S = 3, 3600
_PREPARING, _READY = "preparing", "ready"


class ConversionAnswer(TypedDict):
    """A format of a published result, and how far its file is."""

    format: str
    state: str
    job: int | None
    url: str | None
    size_bytes: int | None
    sha256: str | None
    reason: str | None
    wait_s: int | None


class ConversionList(TypedDict):
    """GET /api/data/<dataset>/conversions."""

    conversions: list[ConversionAnswer]


async def prepare_file(api: Api, data: int, file: str) -> tuple[int | None, PublishedFile]:
    """Return the job that wrote a converted file of a dataset, and the file; start it unless it exists, and wait.

    Raises RejectedError if it cannot be written, or is not within an hour.
    """
    path = f"/api/data/{data}/conversions"
    found = await api.post(path, ConversionAnswer, {"format": CONVERTED_FILES[file]})
    with explain_interruption(f"the server still writes {file}: run the command again to get it"):
        found = await _wait_for_file(api, path, file, found)
    if found["state"] != _READY or found["url"] is None:
        raise RejectedError(f"{file} is not available: {found['reason'] or f'not written within {_TIMEOUT_S} s'}")
    published = PublishedFile(
        name=file, size_bytes=found["size_bytes"], sha256=found["sha256"], url=found["url"], latest=found["url"]
    )
    return found["job"], published


async def _wait_for_file(api: Api, path: str, file: str, found: ConversionAnswer) -> ConversionAnswer:
    """Return the state of a converted file once it is written or refused, or the time is over."""
    waited_s = 0
    while found["state"] == _PREPARING and waited_s < _TIMEOUT_S:
        pause_s = min(found["wait_s"] or 1, _LONGEST_PAUSE_S)
        await asyncio.sleep(pause_s)
        waited_s += pause_s
        conversions = (await api.get(path, ConversionList))["conversions"]
        found = next(item for item in conversions if item["format"] == CONVERTED_FILES[file])
    return found
