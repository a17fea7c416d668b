"""Files that no reader reads: each with the words that its failure must have."""

import gzip
import struct
import zipfile

from support.packings import PROGRAM, pack_7z, pack_zip

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
_DBF = struct.pack("<BBBBIHH20x", 3, 124, 3, 5, 1, 65, 11) + b"NUM\x00" + bytes(28) + b"\r 1000000000"


def _mark_as_encrypted(body: bytes) -> bytes:
    return body.replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01").replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"
    )


def _last_part() -> bytes:
    body = pack_zip({"a.csv": b"NUM\n1\n"})
    end = body.rfind(b"PK\x05\x06")
    return body[: end + 4] + struct.pack("<HH", 2, 0) + body[end + 8 :]


FOREIGN_FILES: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "nothing": (b"", ("empty", "0 bytes")),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", ("PDF",)),
    "RAR 4": (b"Rar!\x1a\x07\x00" + bytes(40), ("RAR",)),
    "RAR 5": (b"Rar!\x1a\x07\x01\x00" + bytes(40), ("RAR",)),
    "RAR behind a program": (PROGRAM + b"Rar!\x1a\x07\x01\x00" + bytes(40), ("RAR",)),
    "a program": (PROGRAM, ("program",)),
    "compress": (b"\x1f\x9d\x90" + bytes(40), (".Z",)),
    "LZ4": (b"\x04\x22\x4d\x18" + bytes(40), ("LZ4",)),
    "cabinet": (b"MSCF\x00\x00\x00\x00" + bytes(40), (".cab",)),
    "the first part of a split zip": (b"PK\x07\x08PK\x03\x04" + bytes(60), ("split zip", "parts")),
    "the last part of a split zip": (_last_part(), ("split zip", "parts")),
    "a zip with a password": (_mark_as_encrypted(pack_zip({"a.csv": b"N"}, zipfile.ZIP_STORED)), ("password", "a.csv")),
    "a 7z with a password": (pack_7z({"a.csv": b"NUM\n"}, password="x"), ("7z", "password")),
    "a 7z that ends early": (pack_7z({"a.csv": b"NUM\n" * 99})[:-30], ("7z",)),
    "a zip that ends early": (pack_zip({"a.csv": b"NUM\n" * 99})[:60], ("zip", "truncated")),
    "Word": (pack_zip({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}), ("Word",)),
    "old Word": (_OLE + "WordDocument".encode("utf-16-le"), ("Word",)),
    "OpenDocument text": (
        pack_zip({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"}),
        ("Office document",),
    ),
    "Excel with a password": (_OLE + "EncryptedPackage".encode("utf-16-le"), ("Office", "password")),
    "damaged old Excel": (_OLE + "Workbook".encode("utf-16-le"), ("old Excel workbook", ".xls")),
    "damaged Excel": (pack_zip({"xl/workbook.xml": b"<workbook"}), ("Excel workbook", ".xlsx")),
    "damaged Parquet": (b"PAR1" + bytes(60) + b"PAR1", ("Parquet",)),
    "Arrow": (b"ARROW1\x00\x00" + bytes(60), ("Arrow",)),
    "FlatGeobuf": (b"fgb\x03fgb\x00" + bytes(60), ("FlatGeobuf",)),
    "dBase": (_DBF, ("dBase", ".dbf")),
    "Access": (b"\x00\x01\x00\x00Standard Jet DB\x00" + bytes(60), ("Access", ".mdb")),
    "DWG": (b"AC1032\x00\x00\x00\x00\x00" + bytes(60), ("AutoCAD", ".dwg")),
    "DXF": (b"  0\r\nSECTION\r\n  2\r\nHEADER\r\n", ("AutoCAD", ".dxf")),
    "PNG": (b"\x89PNG\r\n\x1a\n" + bytes(60), ("picture",)),
    "JPEG": (b"\xff\xd8\xff\xe0" + bytes(60), ("picture",)),
    "TIFF": (b"II*\x00" + bytes(60), ("picture",)),
    "RTF": (b"{\\rtf1\\ansi hello}", ("RTF",)),
    "a page": (b"<!DOCTYPE html><html><title>Not\n found</title>", ("web page", "'Not found'")),
    "a page without a title": (b"<html><body><script>var x</script><p>Sorry, we are closed", ("Sorry, we are closed",)),
    "a page behind a comment": (b"<!-- x -->\n<HTML><h1>Request blocked</h1>", ("web page", "Request blocked")),
    "a page in UTF-16": ("<html><title>Café</title>".encode("utf-16"), ("web page", "Café")),
    "a page in gzip": (gzip.compress(b"<html><title>Log in</title>"), ("web page", "Log in")),
    "an error of a bucket": (
        b"<?xml version='1.0'?><Error><Code>NoSuchKey</Code><Message>The key does not exist.</Message></Error>",
        ("The key does not exist.",),
    ),
    "an OWS exception": (
        (
            b"<ows:ExceptionReport xmlns:ows='x'><ows:Exception><ows:ExceptionText><![CDATA[No layer a:b]]>"
            b"</ows:ExceptionText></ows:Exception></ows:ExceptionReport>"
        ),
        ("No layer a:b",),
    ),
    "an old OGC exception": (
        (
            b"<ServiceExceptionReport><ServiceException code='x'>\n Too many features\n</ServiceException>"
            b"</ServiceExceptionReport>"
        ),
        ("Too many features",),
    ),
    "a SOAP fault": (
        (
            b"<s:Envelope xmlns:s='x'><s:Body><s:Fault><faultstring>Session expired</faultstring></s:Fault></s:Body>"
            b"</s:Envelope>"
        ),
        ("Session expired",),
    ),
    "a JSON error": (b'{"error": {"code": 500, "message": "Export failed"}}', ("Export failed",)),
    "a JSON status": (b'{"status": "Pending"}', ("Pending",)),
    "a list of JSON errors": (b'{"errors": [{"detail": "No such dataset"}]}', ("No such dataset",)),
}
