"""The containers of a KML document and where their features are, in bytes, without the document in memory."""

import io
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NoReturn
from xml.parsers.expat import ExpatError, ParserCreate

PLACEMARK = "Placemark"
_CONTAINERS = frozenset({"Document", "Folder"})
_LINKS = frozenset({"NetworkLink", "ScreenOverlay", "PhotoOverlay", "gx:Tour"})
_OVERLAY = "GroundOverlay"
_FEATURES = _LINKS | {PLACEMARK, _OVERLAY}
_SNIPPET = "snippet"
# Children of a container that add no field to the layer of its parent.
_PLAIN_CHILDREN = (
    _CONTAINERS
    | _FEATURES
    | frozenset({"name", "open", "visibility", "description", "Style", "StyleMap", "styleUrl", "Schema"})
    | frozenset({"LookAt", "Region", "address", "phoneNumber"})
)
_MAX_LEVELS = 40  # libkml refuses documents of about 100 levels.
_MAX_CONTAINERS = 10_000
_MAX_SPANS = 1_000_000
_PIECE_BYTES = 1 << 18
_HEAD_BYTES = 1024
_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?(?:<\?xml[^>]*\?>)?")


class UnknownKmlError(Exception):
    """A document that GDAL must read as a whole, because it has what no outline can state."""


@dataclass(frozen=True, slots=True)
class PartLimits:
    """How many features and bytes one part of a document has at most; a single feature may be larger."""

    features: int = 2_000
    bytes: int = 2 << 20


@dataclass(frozen=True, slots=True)
class KmlSpan:
    """Bytes of a file from the first of `placemarks` features to the next element that is none."""

    start: int
    end: int
    placemarks: int


@dataclass(slots=True)
class KmlContainer:
    """A Document or Folder: its name elements and Schemas as bytes of the file, and the spans of its features.

    `place` counts the features of the parent before it, as GDAL does to name a layer without a name.
    """

    kind: str
    place: int
    names: list[tuple[int, int]] = field(default_factory=list)
    schemas: list[tuple[int, int]] = field(default_factory=list)
    children: list["KmlContainer"] = field(default_factory=list)
    features: int = 0
    has_overlay: bool = False
    has_plain_children: bool = True
    _spans: "array[int]" = field(default_factory=lambda: array("q"))

    @property
    def has_own_features(self) -> bool:
        """Return whether it has features other than containers."""
        return self.features > len(self.children)

    def add_span(self, span: KmlSpan) -> None:
        """Add the bytes of features. Raises UnknownKmlError for too many of them."""
        if len(self._spans) >= 3 * _MAX_SPANS:
            raise UnknownKmlError(f"more than {_MAX_SPANS:,} groups of features")
        self._spans.extend((span.start, span.end, span.placemarks))

    def spans(self) -> Iterator[KmlSpan]:
        """Yield the bytes of the features in their order."""
        for index in range(0, len(self._spans), 3):
            yield KmlSpan(*self._spans[index : index + 3])

    def walk(self) -> Iterator["KmlContainer"]:
        """Yield the container and those in it in the order in which GDAL lists layers."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Outline:
    """The byte order mark and XML declaration of a document, and its outermost container."""

    declaration: bytes
    root: KmlContainer


def outline_file(path: Path, limits: PartLimits) -> Outline:
    """Return the outline of a file. Raises UnknownKmlError if GDAL must read the file as a whole."""
    with path.open("rb") as file:
        return _outline(file, limits)


def outline_bytes(document: bytes) -> Outline:
    """Return the outline of a document, each feature in its own span. Raises UnknownKmlError as above."""
    return _outline(io.BytesIO(document), PartLimits(features=1))


def _outline(file: BinaryIO, limits: PartLimits) -> Outline:
    scanner = _Scanner(limits)
    match = _DECLARATION.match(file.read(_HEAD_BYTES))
    file.seek(0)
    try:
        root = scanner.scan(file)
    except ExpatError as error:
        raise UnknownKmlError(f"not well-formed: {error}") from error
    return Outline(match[0] if match else b"", root)


class _Scanner:
    """Handlers of a parser without namespaces, as GDAL's first attempt to read a document is."""

    def __init__(self, limits: PartLimits) -> None:
        self._limits = limits
        self._parser = ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = _refuse_doctype
        self._levels = 0
        self._skipped = 0
        self._snippets = 0
        self._is_in_snippet = False
        self._containers = 0
        self._root: KmlContainer | None = None
        self._open: list[KmlContainer] = []
        self._child: tuple[str, int] | None = None
        self._span: tuple[int, int, int] | None = None

    def scan(self, file: BinaryIO) -> KmlContainer:
        """Return the outermost container. Raises ExpatError, UnknownKmlError."""
        literal, tail = 0, b""
        tag = f"<{_SNIPPET}>".encode()
        while piece := file.read(_PIECE_BYTES):
            self._parser.Parse(piece)
            text = tail + piece
            literal += text.count(tag)
            tail = text[-len(tag) + 1 :]
        self._parser.Parse(b"", True)
        if literal != self._snippets:
            raise UnknownKmlError("text that looks like a snippet, which GDAL replaces before it parses the document")
        if self._root is None:
            raise UnknownKmlError("no container in the root element")
        return self._root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._levels += 1
        if self._levels > _MAX_LEVELS:
            raise UnknownKmlError(f"more than {_MAX_LEVELS} levels")
        if name == _SNIPPET:
            self._start_snippet()
        if name == "parent" or (name == "Schema" and "parent" in attributes):
            raise UnknownKmlError("a Schema of KML 2.0, whose elements are placemarks of another name")
        if self._skipped:
            self._skipped += 1
            return
        if self._levels == 1:
            if name != "kml":
                raise UnknownKmlError(f"the root element {name}")
            return
        place = self._parser.CurrentByteIndex
        if self._open:
            self._start_child(name, place)
        elif name in _CONTAINERS and self._root is None:
            self._root = KmlContainer(name, 0)
            self._open.append(self._root)
        else:
            raise UnknownKmlError(f"the element {name} in the root element")

    def _end(self, name: str) -> None:
        self._levels -= 1
        if name == _SNIPPET:
            self._is_in_snippet = False
        if self._skipped:
            self._skipped -= 1
        elif self._open:
            self._end_child(self._parser.CurrentByteIndex)
            self._end_span(self._parser.CurrentByteIndex)
            self._open.pop()

    def _start_snippet(self) -> None:
        if self._is_in_snippet:
            raise UnknownKmlError("a snippet in a snippet")
        self._is_in_snippet = True
        self._snippets += 1

    def _start_child(self, name: str, place: int) -> None:
        parent = self._open[-1]
        self._end_child(place)
        parent.has_plain_children &= name in _PLAIN_CHILDREN
        if name in _FEATURES:
            self._start_feature(parent, name, place)
            return
        self._end_span(place)
        if name in _CONTAINERS:
            self._containers += 1
            if self._containers > _MAX_CONTAINERS:
                raise UnknownKmlError(f"more than {_MAX_CONTAINERS:,} containers")
            child = KmlContainer(name, parent.features)
            parent.features += 1
            parent.children.append(child)
            self._open.append(child)
            return
        self._child = (name, place)
        self._skipped = 1

    def _start_feature(self, parent: KmlContainer, name: str, place: int) -> None:
        start, features, placemarks = self._span or (place, 0, 0)
        if features and (features >= self._limits.features or place - start >= self._limits.bytes):
            self._end_span(place)
            start, features, placemarks = place, 0, 0
        self._span = (start, features + 1, placemarks + (name == PLACEMARK))
        parent.features += 1
        parent.has_overlay |= name == _OVERLAY
        self._skipped = 1

    def _end_child(self, place: int) -> None:
        """Keep the name or the Schema that ended before a place; only text or comments are between them."""
        if self._child is None:
            return
        (name, start), self._child = self._child, None
        if name == "name":
            self._open[-1].names.append((start, place))
        elif name == "Schema":
            self._open[-1].schemas.append((start, place))

    def _end_span(self, place: int) -> None:
        if self._span is not None:
            start, _, placemarks = self._span
            self._open[-1].add_span(KmlSpan(start, place, placemarks))
            self._span = None


def _refuse_doctype(*_: object) -> NoReturn:
    raise UnknownKmlError("a document type, which may declare entities")
