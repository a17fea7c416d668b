"""The address of a layer: its URL, and the parameters of the definition."""

from dataclasses import dataclass, field

from yarl import URL

_OWN = frozenset(
    {
        "f",
        "geometry",
        "geometryprecision",
        "geometrytype",
        "insr",
        "objectids",
        "orderbyfields",
        "outfields",
        "outsr",
        "outstatistics",
        "resultoffset",
        "resultrecordcount",
        "returncountonly",
        "returngeometry",
        "returnidsonly",
        "returnm",
        "returntruecurves",
        "returnz",
        "spatialrel",
        "where",
    }
)
_USUAL = {
    "f": frozenset({"", "json", "pjson", "html", "geojson"}),
    "outfields": frozenset({"", "*"}),
    "resultoffset": frozenset({"", "0"}),
    "returncountonly": frozenset({"", "false"}),
    "returngeometry": frozenset({"", "true"}),
    "returnidsonly": frozenset({"", "false"}),
    "spatialrel": frozenset({"", "esriSpatialRelIntersects"}),
    "where": frozenset({"", "1=1", "1 = 1", "objectid>0", "objectid>=0"}),
}


@dataclass(frozen=True, slots=True)
class LayerAddress:
    """The URL of a layer, the parameters to send with every query, and those that would change the result.

    `dropped` has the parameters that this client sets itself, unless they have no effect on the result.
    """

    url: URL
    kept: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, str] = field(default_factory=dict)


def parse_address(url: URL) -> LayerAddress:
    """Return the parts of an address, which may be that of a query on the layer."""
    path = url.path.rstrip("/").removesuffix("/query")
    kept: dict[str, str] = {}
    dropped: dict[str, str] = {}
    for name, value in url.query.items():
        if name.lower() not in _OWN:
            kept[name] = value
        elif value and not _is_usual(name.lower(), value):
            dropped[name] = value
    return LayerAddress(url.with_query(None).with_fragment(None).with_path(path), kept, dropped)


def _is_usual(name: str, value: str) -> bool:
    usual = _USUAL.get(name, frozenset())
    return value in usual or value.lower().replace(" ", "") in usual
