"""CSV files that cannot be used."""

from support.bad_input.case import Case

_GOOD = b"1,2,3\n" * 10
_HEAD = b"NO,X,Y\n"

CASES = {
    "an empty file": Case("source.empty", "no header line", b""),
    "only a header": Case("source.empty", "no features", _HEAD),
    "a web page in place of data": Case(
        "source.format", "a web page titled 'Not found', not CSV", b"<!DOCTYPE html><title>Not found</title>"
    ),
    "a login page": Case(
        "source.format", "a web page titled 'Log in &'", b"\n<HTML><head><title>Log in &amp;</title></head>"
    ),
    "an XHTML page": Case("source.format", "a web page", b'<?xml version="1.0"?><html xmlns="x"><body/></html>'),
    "latin-1 under the name of UTF-8": Case(
        "source.encoding", "byte 0xe9 at offset 9 .*sound as cp1252", _HEAD + b"1 \xe9,2,3\n"
    ),
    "UTF-8 under the name of EUC-KR": Case(
        "source.encoding",
        "is not euc_kr: byte 0x.* at offset",
        _HEAD + "가ÿ,2,3\n".encode(),
        conform={"encoding": "EUCKR"},
    ),
    "a wrong byte far into the file": Case(
        "source.encoding", "at offset 3,000,007", _HEAD + b"1,2,3\n" * 500_000 + b"\xff,2,3\n"
    ),
    "an encoding that does not exist": Case(
        "source.schema", "no encoding 'utf-9'", _HEAD, conform={"encoding": "utf-9"}
    ),
    "an encoding that is none of text": Case("source.schema", "no encoding 'zip'", _HEAD, conform={"encoding": "zip"}),
    "UTF-16 without its mark": Case("source.encoding", "header has NUL", "NO,X,Y\n1,2,3\n".encode("utf-16-le")[1:]),
    "NUL in many rows": Case("source.encoding", "NUL characters.*row 1", _HEAD + b"1\x00,2,3\n" * 9),
    "rows with more cells than columns": Case(
        "source.bad_rows", "more cells than columns: row 11 has '4 cells'", _HEAD + _GOOD + b"1,2,3,4\n"
    ),
    "a column that coordinates need": Case("source.columns_missing", "no column Y; the data has NO, X", b"NO,X\n1,2\n"),
    "repeated names where one is needed": Case(
        "source.columns_missing", "no column Y; the data has NO, X, X_2", b"NO,X,X\n1,2,3\n"
    ),
    "the wrong separator": Case("source.columns_missing", "no column X, Y; the data has NO;X;Y", b"NO;X;Y\n1;2;3\n"),
    "a separator of two characters": Case("source.schema", "csvsplit '::' is not", _HEAD, conform={"csvsplit": "::"}),
    "a quote for a separator": Case("source.schema", "csvsplit '\"' is not", _HEAD, conform={"csvsplit": '"'}),
    "no lon and lat in the definition": Case(
        "source.schema", "needs the names of its columns in `lon` and `lat`", _HEAD, conform={"format": "csv"}
    ),
    "a quote that is never closed": Case(
        "source.format", "row 2 opens a quote that is never closed; 3 lines", _HEAD + b'1,2,3\n"1,2,3\n1,2,3\n1,2,3\n'
    ),
    "a field of 100 MB in one line": Case(
        "source.format", "the line at byte 7 is longer than 16,777,216", _HEAD + b"x" * 100_000_000
    ),
    "a field of 100 MB in many lines": Case(
        "source.format", "row 1 is not CSV: field larger than", _HEAD + b'"' + (b"x" * 999 + b"\n") * 100_000
    ),
    "coordinates that are words": Case(
        "source.bad_rows", "unreadable coordinates: row 1 has 'east 3'", _HEAD + b"1,east,3\n" + _GOOD
    ),
    "coordinates that are NaN": Case("source.bad_rows", "row 1 has 'NaN 3'", _HEAD + b"1,NaN,3\n" + _GOOD),
    "coordinates that are infinite": Case("source.bad_rows", "row 1 has 'inf 3'", _HEAD + b"1,inf,3\n" + _GOOD),
    "coordinates off the earth": Case(
        "source.crs", "srs` is missing or wrong.*row 1 has '391779.0 5820072.0'", _HEAD + b"1,391779,5820072\n"
    ),
    "lat and lon swapped": Case(
        "source.crs", "lat and lon are swapped: row 1 has '44.0 -123.0'", _HEAD + b"1,44,-123\n"
    ),
    "coordinates outside their projection": Case(
        "source.crs", "outside the reference system: row 1 has", _HEAD + b"1,9e30,9e30\n", conform={"srs": "EPSG:25833"}
    ),
    "an unknown EPSG code": Case(
        "source.crs", "'EPSG:99999' is unknown", _HEAD + b"1,2,3\n", conform={"srs": "EPSG:99999"}
    ),
    "an srs that is no code": Case(
        "source.crs", "'lambert' is unknown", _HEAD + b"1,2,3\n", conform={"srs": "lambert"}
    ),
}
