"""Findings about the URLs of an entry."""

import re
from collections.abc import Iterator

from yarl import URL

from oa_shared.definition_check.findings import LintFinding, child_pointer, hint, warning
from oa_shared.json_types import JsonMapping

# The client sets these itself, and sends every other parameter of the URL with each of its queries.
_CLIENT_PARAMETERS = frozenset(
    {
        *("f", "geometry", "geometryprecision", "geometrytype", "insr", "objectids", "orderbyfields", "outfields"),
        *("outsr", "outstatistics", "resultoffset", "resultrecordcount", "returncountonly", "returngeometry"),
        *("returnidsonly", "returnm", "returntruecurves", "returnz", "spatialrel", "where"),
    }
)
_LAYER = re.compile(r"/(?:Map|Feature)Server/\d+/?(?:query/?)?\Z", re.IGNORECASE)
_QUERY = re.compile(r"/(?:Map|Feature)Server/\d+/query/?\Z", re.IGNORECASE)


def is_esri(entry: JsonMapping) -> bool:
    """Return whether the data of an entry comes page by page from an ArcGIS server."""
    return str(entry["protocol"]).lower() == "esri"


def check_urls(entry: JsonMapping, pointer: str) -> Iterator[LintFinding]:
    """Yield the findings about `data`, which is one URL or a list."""
    data = entry["data"]
    urls = data if isinstance(data, list) else [data]
    for index, text in enumerate(urls):
        parts = (index,) if isinstance(data, list) else ()
        yield from _check_url(str(text), child_pointer(pointer, "data", *parts), from_server=is_esri(entry))


def _check_url(text: str, pointer: str, *, from_server: bool) -> Iterator[LintFinding]:
    url = _parse(text)
    if from_server:
        yield from _check_layer(text, url, pointer)
    elif url is not None and _QUERY.search(url.path):
        layer = url.with_query(None).with_fragment(None).with_path(re.sub(r"/query/?\Z", "", url.path))
        message = (
            "a query of an ArcGIS layer returns one page of its features, not all: "
            f"set `protocol` to ESRI and `data` to {layer.human_repr()}"
        )
        yield warning(pointer, "one_page", message)
    if text.startswith("http:"):
        yield hint(pointer, "not_encrypted", "the URL uses http: try https")


def _check_layer(text: str, url: URL | None, pointer: str) -> Iterator[LintFinding]:
    if url is None or not _LAYER.search(url.path):
        message = f"missing layer number in {text}: it must end in /MapServer/<number> or /FeatureServer/<number>"
        yield warning(pointer, "no_layer_number", message)
    names = dict.fromkeys(url.query) if url is not None else {}
    for name in (name for name in names if name.lower() in _CLIENT_PARAMETERS):
        message = f"the parameter {name!r} of the URL has no effect: the client reads the full layer"
        yield warning(pointer, "no_effect", message)


def _parse(text: str) -> URL | None:
    """Return the URL, None if it has no valid form; the download reports that."""
    try:
        return URL(text)
    except ValueError:
        return None
