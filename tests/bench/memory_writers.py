"""Writers of seeded points in each format that the engine reads, a part at a time: millions need no more memory."""

import gzip
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import py7zr
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pyogrio
import shapely
from inputs import address_table, draw_polygons, lon_lat

_PART_ROWS = 100_000
_PARCEL_DEGREES = 0.0004
_CELLS = ["SITEADDR", "CITY", "LONGITUDE", "LATITUDE"]
_POINTS = {"geometry_type": "Point", "crs": "EPSG:4326", "layer": "points"}
_SHEET = (
    '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    "<sheetData>"
)
_BOOK = (
    '<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>'
)
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
    f'ContentType="{_SHEET_TYPE}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
    f'ContentType="{_SHEET_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{_OFFICE}/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{_OFFICE}/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    "xl/workbook.xml": _BOOK,
}
_SPREADSHEET = "application/vnd.oasis.opendocument.spreadsheet"
_MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_SPREADSHEET}"/></manifest:manifest>'
)
_OPEN_DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content office:version="1.2" '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
    '<table:table table:name="a">'
)


@dataclass(frozen=True, slots=True)
class _Part:
    """The attributes of some addresses, and their coordinates."""

    table: pa.Table
    x: np.ndarray
    y: np.ndarray

    def with_shapes(self) -> pa.Table:
        """Return the attributes with a column of WKB."""
        return _append_shapes(self.table, shapely.points(self.x, self.y))

    def with_coordinates(self) -> pa.Table:
        """Return the attributes with columns of coordinates."""
        table = self.table.append_column("LONGITUDE", pa.array(self.x))
        return table.append_column("LATITUDE", pa.array(self.y))

    def cells(self) -> Iterator[list[str]]:
        """Yield the cells of each row of a sheet."""
        columns = (column.to_pylist() for column in self.with_coordinates().select(_CELLS).columns)
        return ([escape(str(cell)) for cell in row] for row in zip(*columns, strict=True))

    def features(self) -> Iterator[str]:
        """Yield each feature as GeoJSON."""
        texts = shapely.to_geojson(shapely.points(self.x, self.y))
        for row, text in zip(self.table.to_pylist(), texts, strict=True):
            yield f'{{"type": "Feature", "properties": {json.dumps(row, ensure_ascii=False)}, "geometry": {text}}}'

    def esri_features(self, first: int) -> Iterator[str]:
        """Yield each feature as Esri JSON; `first` is the object ID of the first one."""
        rows = zip(self.table.to_pylist(), self.x.tolist(), self.y.tolist(), strict=True)
        for number, (row, east, north) in enumerate(rows, first):
            yield json.dumps({"attributes": {"OBJECTID": number, **row}, "geometry": {"x": east, "y": north}})


def _parts(rows: int) -> Iterator[_Part]:
    random = np.random.default_rng(9)
    for first in range(0, rows, _PART_ROWS):
        count = min(_PART_ROWS, rows - first)
        yield _Part(address_table(random, count), *lon_lat(random, count))


def _append_shapes(table: pa.Table, shapes: np.ndarray) -> pa.Table:
    return table.append_column("geometry", pa.array(shapely.to_wkb(shapes), pa.binary()))


def _read_tables(tables: Iterator[pa.Table]) -> pa.RecordBatchReader:
    first = next(tables)
    batches = (batch for table in chain([first], tables) for batch in table.to_batches())
    return pa.RecordBatchReader.from_batches(first.schema, batches)


def _write_ogr(path: Path, tables: Iterator[pa.Table], driver: str, suffix: str, **options: str) -> None:
    """Write a layer by a driver of GDAL; a folder or several files as a zip."""
    with tempfile.TemporaryDirectory(dir=path.parent) as name:
        target = Path(name) / f"points{suffix}"
        pyogrio.write_arrow(_read_tables(tables), target, driver=driver, geometry_name="geometry", **options)
        written = sorted(item for item in Path(name).rglob("*") if item.is_file())
        if len(written) == 1:
            written[0].rename(path)
            return
        _zip(path, Path(name), written)


def _zip(path: Path, folder: Path, members: Iterable[Path]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for item in members:
            archive.write(item, str(item.relative_to(folder)))
            item.unlink()


def ogr_writer(driver: str, suffix: str, **options: str) -> Callable[[Path, int], None]:
    """Return a function that writes points by a driver of GDAL."""

    def write(path: Path, rows: int) -> None:
        tables = (part.with_shapes() for part in _parts(rows))
        _write_ogr(path, tables, driver, suffix, **{**_POINTS, **options})

    return write


def write_parcels(path: Path, rows: int) -> None:
    """Write parcels as a zipped shapefile."""

    def tables() -> Iterator[pa.Table]:
        random = np.random.default_rng(4)
        for part in _parts(rows):
            yield _append_shapes(part.table.select(["PIN"]), draw_polygons(random, part.x, part.y, _PARCEL_DEGREES))

    _write_ogr(path, tables(), "ESRI Shapefile", ".shp", geometry_type="Polygon", crs="EPSG:4326", layer="points")


def zip_writer(write: Callable[[Path, int], None], member: str) -> Callable[[Path, int], None]:
    """Return a function that writes a file of another writer as the member of a zip."""

    def write_zip(path: Path, rows: int) -> None:
        with tempfile.TemporaryDirectory(dir=path.parent) as name:
            target = Path(name) / member
            target.parent.mkdir(exist_ok=True)
            write(target, rows)
            _zip(path, Path(name), [target])

    return write_zip


def write_csv(path: Path, rows: int) -> None:
    """Write points as CSV."""
    reader = _read_tables(part.with_coordinates() for part in _parts(rows))
    with pyarrow.csv.CSVWriter(path, reader.schema) as file:
        for batch in reader:
            file.write_batch(batch)


def write_gzip(path: Path, rows: int) -> None:
    """Write points as gzipped CSV."""
    with tempfile.TemporaryDirectory(dir=path.parent) as name:
        table = Path(name) / "points.csv"
        write_csv(table, rows)
        with table.open("rb") as source, gzip.open(path, "wb", 1) as file:
            shutil.copyfileobj(source, file)


def write_7z(path: Path, rows: int) -> None:
    """Write points as CSV in a 7z archive."""
    with tempfile.TemporaryDirectory(dir=path.parent) as name:
        table = Path(name) / "points.csv"
        write_csv(table, rows)
        with py7zr.SevenZipFile(path, "w", filters=[{"id": py7zr.FILTER_ZSTD, "level": 1}]) as archive:
            archive.write(table, table.name)


def write_utf16_csv(path: Path, rows: int) -> None:
    """Write points as CSV in UTF-16."""
    with tempfile.TemporaryDirectory(dir=path.parent) as name:
        table = Path(name) / "points.csv"
        write_csv(table, rows)
        with table.open(encoding="utf-8") as source, path.open("w", encoding="utf-16") as file:
            shutil.copyfileobj(source, file)


def write_parquet(path: Path, rows: int) -> None:
    """Write points as Parquet with columns of coordinates."""
    reader = _read_tables(part.with_coordinates() for part in _parts(rows))
    with pq.ParquetWriter(path, reader.schema) as file:
        for batch in reader:
            file.write_batch(batch)


def write_workbook(path: Path, rows: int) -> None:
    """Write points as a workbook with texts in its cells."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for part, text in _PARTS.items():
            archive.writestr(part, text)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(_SHEET.encode())
            for row in chain([_CELLS], (cells for part in _parts(rows) for cells in part.cells())):
                texts = (f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row)
                sheet.write(f"<row>{''.join(texts)}</row>".encode())
            sheet.write(b"</sheetData></worksheet>")


def write_open_document(path: Path, rows: int) -> None:
    """Write points as an OpenDocument spreadsheet with texts in its cells."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("mimetype", _SPREADSHEET, zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
        with archive.open("content.xml", "w", force_zip64=True) as sheet:
            sheet.write(_OPEN_DOCUMENT.encode())
            for row in chain([_CELLS], (cells for part in _parts(rows) for cells in part.cells())):
                texts = (
                    f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
                    for cell in row
                )
                sheet.write(f"<table:table-row>{''.join(texts)}</table:table-row>".encode())
            sheet.write(b"</table:table></office:spreadsheet></office:body></office:document-content>")


def write_geojson(path: Path, rows: int) -> None:
    """Write points as a collection."""
    with path.open("w", encoding="utf-8") as file:
        file.write('{"type":"FeatureCollection","name":"bench","features":[')
        for number, feature in enumerate(feature for part in _parts(rows) for feature in part.features()):
            file.write(f"{',' if number else ''}\n{feature}")
        file.write("\n]}\n")


def write_geojson_lines(path: Path, rows: int) -> None:
    """Write points as one feature in each line."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{feature}\n" for part in _parts(rows) for feature in part.features())


def write_arcgis_rows(path: Path, rows: int) -> None:
    """Write points as the features of an ArcGIS layer, one in each line; arcgis_layer.py serves them."""
    with path.open("w", encoding="utf-8") as file:
        for number, part in enumerate(_parts(rows)):
            file.writelines(f"{feature}\n" for feature in part.esri_features(number * _PART_ROWS + 1))
