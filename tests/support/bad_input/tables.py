"""Unusable CSV files."""

from support.bad_input.case import Case
from support.foreign_files import FOREIGN_FILES

_ROWS = b"1,2,3\n" * 10
_HEADER = b"NO,X,Y\n"
_RULES = {"number": "NO"}

CASES = {
    "an empty file": Case("source.empty", ("data.csv", "0 bytes"), b""),
    "only a header": Case("source.empty", (), _HEADER),
    "a PDF document": Case("source.format", ("data.csv", "PDF", "CSV"), FOREIGN_FILES["PDF"][0]),
    "a dBase table": Case("source.format", ("data.csv", "dBase", ".dbf"), FOREIGN_FILES["dBase"][0]),
    "an exception of a WFS": Case("source.format", ("'No layer a:b'",), FOREIGN_FILES["an OWS exception"][0]),
    "an error in JSON instead of CSV": Case("source.format", ("'Export failed'",), FOREIGN_FILES["a JSON error"][0]),
    "a damaged workbook": Case("source.format", ("data.csv", "Excel"), FOREIGN_FILES["damaged Excel"][0]),
    "a web page": Case("source.format", ("data.csv", "'Not found'", "CSV"), b"<!DOCTYPE html><title>Not found</title>"),
    "a login page": Case(
        "source.format", ("data.csv", "'Log in &'", "CSV"), b"\n<HTML><head><title>Log in &amp;</title></head>"
    ),
    "an XHTML page": Case("source.format", ("data.csv", "CSV"), b'<?xml version="1.0"?><html xmlns="x"><body/></html>'),
    "Latin-1 without a declared encoding": Case(
        "source.encoding",
        ("data.csv", "0xe9", "offset 9", "NO: 1 ", "cp1252", "`conform.encoding`"),
        _HEADER + b"1 \xe9,2,3\n",
        rules=_RULES,
    ),
    "a column name in another encoding": Case(
        "source.encoding",
        ("data.csv", "0xdf", "offset 4", "cp1252", "`conform.encoding`"),
        b"Stra\xdfe,X,Y\na,2,3\n",
        conform={"street": "Straße"},
    ),
    "UTF-8 declared as EUC-KR": Case(
        "source.encoding",
        ("data.csv", "euc_kr", "0x80", "offset 9", "utf-8"),
        _HEADER + "가ÿ,2,3\n".encode(),
        conform={"encoding": "EUCKR"},
        rules=_RULES,
    ),
    "another encoding in every tenth row": Case(
        "source.encoding",
        ("10 of 100 rows", "row 10 ", "0xff", "offset 61"),
        _HEADER + (_ROWS[6:] + b"\xff,2,3\n") * 10,
        rules=_RULES,
    ),
    "an unknown encoding": Case(
        "source.schema", ("'utf-9'", "`conform.encoding`"), _HEADER, conform={"encoding": "utf-9"}
    ),
    "an encoding that is not for text": Case(
        "source.schema", ("'zip'", "`conform.encoding`"), _HEADER, conform={"encoding": "zip"}
    ),
    "UTF-16 without a byte order mark": Case(
        "source.encoding", ("header", "NUL", "`conform.encoding`"), "NO,X,Y\n1,2,3\n".encode("utf-16-le")[1:]
    ),
    "NUL characters in many rows": Case("source.encoding", ("NUL", "row 1"), _HEADER + b"1\x00,2,3\n" * 9),
    "rows with more cells than columns": Case(
        "source.bad_rows", ("1 of 11", "row 11", "'4 cells'"), _HEADER + _ROWS + b"1,2,3,4\n"
    ),
    "a missing column of the coordinates": Case("source.columns_missing", (" Y ", "NO, X"), b"NO,X\n1,2\n"),
    "duplicate column names and a missing one": Case(
        "source.columns_missing", (" Y ", "NO, X, X_2"), b"NO,X,X\n1,2,3\n"
    ),
    "the wrong separator": Case("source.columns_missing", ("X, Y ", "NO;X;Y"), b"NO;X;Y\n1;2;3\n"),
    "a separator of two characters": Case("source.schema", ("csvsplit", "'::'"), _HEADER, conform={"csvsplit": "::"}),
    "a quote as the separator": Case("source.schema", ("csvsplit", "'\"'"), _HEADER, conform={"csvsplit": '"'}),
    "no lon and lat in the definition": Case("source.schema", ("lon", "lat"), _HEADER, conform={"format": "csv"}),
    "an unclosed quote": Case("source.format", ("row 2 ", "3 lines"), _HEADER + b'1,2,3\n"1,2\nb,c\nd\n'),
    "a field of 100 MB in one line": Case("source.format", ("byte 7 ", "16,777,216"), _HEADER + b"x" * 100_000_000),
    "a field of 100 MB in many lines": Case(
        "source.format", ("row 1 ", "10485760"), _HEADER + b'"' + (b"x" * 999 + b"\n") * 100_000
    ),
    "coordinates that are words": Case(
        "source.bad_rows", ("unreadable coordinates", "row 1", "'east 3'"), _HEADER + b"1,east,3\n" + _ROWS
    ),
    "coordinates that are NaN": Case("source.bad_rows", ("row 1", "'NaN 3'"), _HEADER + b"1,NaN,3\n" + _ROWS),
    "coordinates that are infinite": Case("source.bad_rows", ("row 1", "'inf 3'"), _HEADER + b"1,inf,3\n" + _ROWS),
    "coordinates outside the valid range": Case(
        "source.crs", ("`conform.srs`", "row 1", "'391779.0 5820072.0'"), _HEADER + b"1,391779,5820072\n"
    ),
    "lat and lon swapped": Case(
        "source.crs", ("lat and lon are swapped", "row 1", "'44.0 -123.0'"), _HEADER + b"1,44,-123\n"
    ),
    "coordinates outside of their CRS": Case(
        "source.crs",
        ("outside the reference system", "row 1", "'9e+30 9e+30'"),
        _HEADER + b"1,9e30,9e30\n",
        conform={"srs": "EPSG:25833"},
    ),
    "an unknown EPSG code": Case(
        "source.crs", ("'EPSG:99999'", "`conform.srs`"), _HEADER + b"1,2,3\n", conform={"srs": "EPSG:99999"}
    ),
    "an srs that is not a code": Case(
        "source.crs", ("'lambert'", "`conform.srs`"), _HEADER + b"1,2,3\n", conform={"srs": "lambert"}
    ),
}
