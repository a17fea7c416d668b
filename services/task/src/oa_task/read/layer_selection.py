"""Selection of the layer of a file that has several, such as a GeoPackage (docs/engine.md, "Reading")."""

from oa_task.read.gdal import pyogrio
from oa_task.read.geodatabase import compressed_tables, describe_compressed_tables
from oa_task.read.request import ReadRequest
from oa_task.read.xml_text import XML_FORMATS
from oa_task.runtime.failure import TaskFailure

_MAX_NAMES = 50


def choose_layer(request: ReadRequest) -> str | int:
    """Return the layer that `conform.layer` selects by name or number, else the first one with shapes.

    Warns of a choice among several, and of compressed tables. Raises TaskFailure source.empty for a missing layer,
    source.format for data without shapes.
    """
    layers = [(str(name), kind) for name, kind in _list_layers(request)]
    compressed = compressed_tables(request.path)
    layer = request.conform.get("layer")
    if layer is not None:
        return _chosen_layer(layer, [name for name, _kind in layers], compressed)
    return _first_with_shapes(layers, compressed, request)


def _list_layers(request: ReadRequest) -> list[tuple[object, object]]:
    try:
        return [(name, kind) for name, kind in pyogrio.list_layers(request.path)]
    except pyogrio.errors.DataSourceError as error:
        tables = compressed_tables(request.path)
        if not tables:
            raise
        text = f"{request.path.name} cannot be read: {describe_compressed_tables(tables)}"
        raise TaskFailure("source.format", text) from error


def _chosen_layer(layer: object, names: list[str], compressed: list[str]) -> str | int:
    """Return a layer by its name, by its name in any case if one layer has it, or by its number."""
    text = str(layer)
    if text in names:
        return text
    same = [name for name in names if name.casefold() == text.casefold()]
    if len(same) == 1:
        return same[0]
    if text.isdecimal() and int(text) < len(names):
        return int(text)
    present = f"missing layer {layer!r} (`conform.layer`); the data has {', '.join(names[:_MAX_NAMES]) or 'no layers'}"
    if compressed:
        raise TaskFailure("source.format", f"{present}; {describe_compressed_tables(compressed)}")
    raise TaskFailure("source.empty", present)


def _first_with_shapes(layers: list[tuple[str, object]], compressed: list[str], request: ReadRequest) -> str:
    shaped = [name for name, kind in layers if kind is not None]
    names = [name for name, _kind in layers]
    if not shaped and names and request.format in XML_FORMATS:
        return names[0]  # GDAL learns from the features whether they have shapes, up to where the XML is damaged.
    if not shaped:
        tables = f"its tables are {', '.join(names[:_MAX_NAMES])}" if names else "it has no layers"
        text = f"{request.path.name} has no layer with shapes; {tables}"
        if compressed:
            text = f"{text}; {describe_compressed_tables(compressed)}"
        raise TaskFailure("source.format", text)
    chosen = shaped[0]
    others = [name for name in names if name != chosen] if names[0] != chosen else shaped[1:]
    if others:
        rest = ", ".join(others[:_MAX_NAMES])
        request.bad_rows.warn(f"missing `conform.layer`: the data has several layers; read {chosen}; not read: {rest}")
    if compressed:
        request.bad_rows.warn(f"{describe_compressed_tables(compressed)}; read {chosen}")
    return chosen
