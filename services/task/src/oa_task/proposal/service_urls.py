"""URLs of services that list or draw data: the failure names the URL that returns the data itself."""

import re

from yarl import URL

from oa_task.download.downloaded_file import without_login
from oa_task.runtime.failure import TaskFailure

_ARCGIS_FOLDER = re.compile(r".*/rest/services(?:/[^/]+)*/?", re.IGNORECASE)
_ARCGIS_SERVICE = re.compile(r".*/[A-Za-z]+Server(?:/.*)?", re.IGNORECASE)
_WFS_EXAMPLE = "?service=WFS&version=2.0.0&request=GetFeature&typeNames=NAME&outputFormat=application/json"


def refuse_service(url: URL) -> None:
    """Raise TaskFailure source.format for the URL of a service that does not return features."""
    query = {key.lower(): value.lower() for key, value in url.query.items()}
    last = url.path.rstrip("/").rpartition("/")[2].lower()
    service = query.get("service") or (last if last in {"wfs", "wms", "wmts"} else "")
    place = without_login(url.with_query(None).with_fragment(None))
    if service == "wfs" and query.get("request") != "getfeature":
        example = f"{place}{_WFS_EXAMPLE}, with a name that {place}?service=WFS&request=GetCapabilities lists"
        raise _refusal(f"{place} is a WFS, which returns features for a request only", example)
    if service in {"wms", "wmts"}:
        text = f"{place} is a {service.upper()}, which draws maps and returns no features"
        raise _refusal(text, "a WFS or a download of the same data")
    if _ARCGIS_FOLDER.fullmatch(url.path) and not _ARCGIS_SERVICE.fullmatch(url.path):
        layer = f"{place.rstrip('/')}/SERVICE/FeatureServer/0"
        raise _refusal(f"{place} lists services, not features", f"the URL of a layer, such as {layer}")


def _refusal(text: str, better: str) -> TaskFailure:
    return TaskFailure("source.format", f"{text}: use {better}")
