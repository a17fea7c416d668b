"""Small KML documents from a large one: its layers without features, and the frame around features of a layer."""

from pathlib import Path
from typing import BinaryIO
from xml.sax.saxutils import escape

from oa_task.read.gdal import UNREADABLE, pyogrio
from oa_task.read.kml_outline import KmlContainer, Outline, UnknownKmlError

_ROOT = b'<kml xmlns="http://www.opengis.net/kml/2.2">'
# GDAL lists the outermost container as a layer if it has a feature; this one gives no row.
_PLACEHOLDER = b"<ScreenOverlay/>"


def list_layers(outline: Outline, file: BinaryIO, target: Path) -> dict[str, KmlContainer]:
    """Return the layers that GDAL finds in a document, by their names; `target` becomes the document without features.

    Raises UnknownKmlError if GDAL finds others than the outline.
    """
    target.write_bytes(outline.declaration + _ROOT + _skeleton(outline.root, file, is_root=True) + b"</kml>")
    try:
        names = [str(name) for name, _kind in pyogrio.list_layers(target)]
    except UNREADABLE as error:
        raise UnknownKmlError(f"containers that GDAL does not read: {error}") from error
    containers = [item for item in outline.root.walk() if item is not outline.root or item.has_own_features]
    if len(names) != len(containers) or len(set(names)) != len(names):
        raise UnknownKmlError("layers that GDAL counts otherwise")
    return dict(zip(names, containers, strict=True))


def frame_layer(outline: Outline, container: KmlContainer, name: str, file: BinaryIO) -> tuple[bytes, bytes]:
    """Return the document around the features of a layer: GDAL looks for Schemas in the layer and the outermost one."""
    root, title = outline.root, f"<name>{escape(name)}</name>".encode("ascii", "xmlcharrefreplace")
    start, end = outline.declaration + _ROOT + _open_tag(root) + _schemas(root, file), _close_tag(root) + b"</kml>"
    if container is root:
        return start + title + _PLACEHOLDER, end
    return start + _open_tag(container) + title + _schemas(container, file), _close_tag(container) + end


def _skeleton(container: KmlContainer, file: BinaryIO, *, is_root: bool) -> bytes:
    """Return a container without its features, but with the name by which GDAL lists it as a layer."""
    names = b"".join(cut(file, start, end) for start, end in container.names)
    if not names and not is_root:
        names = f"<name>Layer{container.place}</name>".encode()
    own = _PLACEHOLDER if is_root and container.has_own_features else b""
    children = b"".join(_skeleton(child, file, is_root=False) for child in container.children)
    return _open_tag(container) + names + own + children + _close_tag(container)


def _schemas(container: KmlContainer, file: BinaryIO) -> bytes:
    return b"".join(cut(file, start, end) for start, end in container.schemas)


def _open_tag(container: KmlContainer) -> bytes:
    return f"<{container.kind}>".encode()


def _close_tag(container: KmlContainer) -> bytes:
    return f"</{container.kind}>".encode()


def cut(file: BinaryIO, start: int, end: int) -> bytes:
    """Return the bytes of a file from one place to another."""
    file.seek(start)
    return file.read(end - start)
