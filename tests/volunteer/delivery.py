"""The data of a source as an office delivers it: rows and shapes, written and packed as its definition says."""

import csv
import gzip
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import shapely

from support.arcgis_server import ArcgisServer
from support.layer_files import Cell, esri_geometry, write_layer
from volunteer.real_sources import RealSource

Files = dict[str, bytes]
_ESRI_TYPES = {"Point": "esriGeometryPoint", "LineString": "esriGeometryPolyline", "Polygon": "esriGeometryPolygon"}


@dataclass(frozen=True)
class Delivery:
    """What an office delivers. `files` alters the unpacked files, `body` the response, `server` the ArcGIS server.

    `healthy` is the delivery without the fault, None for that of the unchanged rows.
    """

    source: RealSource
    rows: Sequence[dict[str, Cell]]
    shapes: Sequence[shapely.Geometry]
    encoding: str | None = None
    files: Callable[[Files], Files] = field(default=lambda files: files)
    body: Callable[[bytes], bytes] = field(default=lambda body: body)
    server: Callable[[ArcgisServer], None] = field(default=lambda _server: None)
    healthy: "Delivery | None" = None

    def file_name(self) -> str:
        """Return the path of the file, or of the .gdb folder, in the archive."""
        suffix = {"csv": ".csv", "shapefile": ".shp", "gdb": ".gdb", "geojson": ".geojson"}[self.source.kind]
        name = str(self.source.option("file") or "data")
        return name if name.lower().endswith(suffix) else name + suffix

    def response(self) -> bytes:
        """Return the bytes that the URL of the data returns."""
        files = self.files(self.write_files())
        if self.source.entry.compression == "zip":
            return self.body(_zip(files))
        content = next(iter(files.values()))
        return self.body(gzip.compress(content) if self.source.entry.compression == "gzip" else content)

    def arcgis_server(self) -> ArcgisServer:
        """Return a server with the rows as features."""
        names = ["OBJECTID", *(name for name in self.rows[0] if name != "OBJECTID")]
        fields = [{"name": name, "type": "esriFieldTypeString"} for name in names[1:]]
        features = [
            {"attributes": {**row, "OBJECTID": number}, "geometry": esri_geometry(shape)}
            for number, (row, shape) in enumerate(zip(self.rows, self.shapes, strict=True), 1)
        ]
        server = ArcgisServer(
            features=features,
            geometry_type=_ESRI_TYPES[self.shapes[0].geom_type],
            metadata={"fields": [{"name": "OBJECTID", "type": "esriFieldTypeOID"}, *fields]},
        )
        self.server(server)
        return server

    def write_files(self) -> Files:
        if self.source.kind == "csv":
            return {self.file_name(): self._csv()}
        if self.source.kind == "geojson":
            return {self.file_name(): self._geojson()}
        driver = {"shapefile": "ESRI Shapefile", "gdb": "OpenFileGDB"}[self.source.kind]
        layer = self.source.option("layer") if self.source.kind == "gdb" else None
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, self.file_name())
            path.parent.mkdir(parents=True, exist_ok=True)
            name = layer if isinstance(layer, str) and not layer.isdecimal() else None
            write_layer(path, self.rows, self.shapes, driver, srs=self.source.srs, layer=name)
            written = sorted(file for file in Path(folder).rglob("*") if file.is_file())
            return {file.relative_to(folder).as_posix(): file.read_bytes() for file in written}

    def _csv(self) -> bytes:
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self.source.option("csvsplit") or ",")
        lon, lat = self.source.option("lon"), self.source.option("lat")
        writer.writerow([*self.rows[0], lon, lat])
        for row, shape in zip(self.rows, self.shapes, strict=True):
            writer.writerow([*row.values(), repr(shape.x), repr(shape.y)])
        return text.getvalue().encode(self.encoding or self.source.option("encoding") or "utf-8")

    def _geojson(self) -> bytes:
        features = [
            {"type": "Feature", "properties": row, "geometry": json.loads(shapely.to_geojson(shape))}
            for row, shape in zip(self.rows, self.shapes, strict=True)
        ]
        text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
        return text.encode(self.encoding or self.source.option("encoding") or "utf-8")


def _zip(files: Files) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def definition_of(source: RealSource, url: str) -> dict[str, Any]:
    """Return a definition with the entry alone, which reads the data from a URL."""
    entry = source.entry
    body: dict[str, Any] = {
        "name": entry.name,
        "data": url,
        "protocol": "ESRI" if entry.is_esri else "http",
        "conform": entry.conform,
    }
    if entry.compression:
        body["compression"] = entry.compression
    return {"schema": 2, "coverage": source.definition["coverage"], "layers": {entry.layer: [body]}}
