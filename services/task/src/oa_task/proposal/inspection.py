"""The description of data at a URL or in a file: its download, and its examination in the sandbox."""

import asyncio
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from yarl import URL

from oa_shared.definition_address import is_data_address
from oa_shared.json_types import JsonObject
from oa_shared.public_http import Guard
from oa_task.definition.task_entry import TaskEntry
from oa_task.download.downloaded_file import without_login
from oa_task.download.esri.client import EsriClient, EsriRequestError
from oa_task.download.esri.throttle import Throttle
from oa_task.download.limits import AUTHOR_LIMITS
from oa_task.download.requests import open_requests
from oa_task.download.source import SourceDownload
from oa_task.download.withheld_details import withhold_details
from oa_task.proposal.service_urls import refuse_service
from oa_task.row_preview.preview import inspect_while_downloading
from oa_task.runtime.failure import TaskFailure
from oa_task.runtime.progress import Progress
from oa_task.sandbox.parent import Sandbox
from oa_task.sandbox.request import SandboxRequest

ESRI = "ESRI"
_SERVICE = re.compile(r"(?P<service>.*/(?:Map|Feature)Server)(?:/(?P<layer>\d+))?(?:/query)?/?\Z", re.IGNORECASE)
_ADDRESS_LAYER = re.compile(r"addr|adres|adress|situs|direcc|indirizz", re.IGNORECASE)
_PLACEHOLDER = "https://example.org/"


@dataclass(frozen=True, slots=True)
class DescribedData:
    """Data with the report of its description.

    `is_file` if it is a file of this machine, which `data` cannot name; `raw` is the file in the room of the sandbox
    that was described, None for pages of an ArcGIS server.
    """

    url: str
    protocol: str
    report: JsonObject
    is_file: bool = False
    raw: Path | None = None


async def describe_source(
    address: str, sandbox: Sandbox, *, layer: str | None = None, guard: Guard, on_progress: Progress
) -> DescribedData:
    """Return what the data at a URL or path is; of an ArcGIS server, its first page.

    `layer` chooses among several files or layers. Raises TaskFailure.
    """
    if not is_data_address(address):
        return await _describe_file(Path(address), sandbox, layer)
    url, protocol = address, "ftp" if address.lower().startswith("ftp") else "http"
    refuse_service(_parse(address))
    service = _SERVICE.fullmatch(_parse(address).path)
    if service:
        url, protocol = await _layer_url(_parse(address), service, guard), ESRI
    entry = TaskEntry("addresses", "data", (url,), protocol, None, {"format": "geojson"}, {})
    download = SourceDownload(entry, sandbox.room / "raw", guard, AUTHOR_LIMITS, on_progress)
    if protocol == ESRI:
        with withhold_details(guard):
            report = await inspect_while_downloading(
                download, lambda raws: _describe(sandbox, raws[0], protocol, layer)
            )
        return DescribedData(url, protocol, report)
    raw = (await download.fetch())[0]
    with withhold_details(guard):
        return DescribedData(url, protocol, await _describe(sandbox, raw.path, protocol, layer), raw=raw.path)


async def _describe_file(path: Path, sandbox: Sandbox, layer: str | None) -> DescribedData:
    folder = sandbox.room / "raw"
    folder.mkdir()
    raw = await asyncio.to_thread(shutil.copyfile, path, folder / path.name)
    url = str(URL(_PLACEHOLDER) / path.name)
    return DescribedData(url, "http", await _describe(sandbox, raw, "http", layer), is_file=True, raw=raw)


async def _describe(sandbox: Sandbox, raw: Path, protocol: str, layer: str | None) -> JsonObject:
    work = str(sandbox.work)
    request = SandboxRequest("", layer or "", "", (str(raw),), work, work, describes=protocol)
    return await sandbox.convert(request, lambda _count: None)


def _parse(address: str) -> URL:
    try:
        return URL(address)
    except ValueError as error:
        raise TaskFailure("source.schema", f"{address[:200]!r} is not a URL: {error}") from error


async def _layer_url(url: URL, service: re.Match[str], guard: Guard) -> str:
    """Return the URL of the layer; of a service, that of its layer about addresses, else of its first one."""
    root = url.with_query(None).with_fragment(None).with_path(service["service"])
    if service["layer"] is not None:
        return str(root / service["layer"])
    async with open_requests(guard, AUTHOR_LIMITS, {}) as requests:
        client = EsriClient(requests, str(root), throttle=Throttle(AUTHOR_LIMITS), limits=AUTHOR_LIMITS)
        try:
            metadata = await client.query_with_retries("", {})
        except EsriRequestError as error:
            raise TaskFailure("source.not_found", f"{without_login(root)} lists no layers: {error}") from error
    listed = metadata.get("layers")
    layers = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    features = [item for item in layers if item.get("type") in {None, "Feature Layer"} and not item.get("subLayerIds")]
    if not features:
        text = f"{without_login(root)} has no feature layer: use the URL of a layer, which ends in a number"
        raise TaskFailure("source.format", text)
    best = next((item for item in features if _ADDRESS_LAYER.search(str(item.get("name")))), features[0])
    return str(root / str(best.get("id")))
