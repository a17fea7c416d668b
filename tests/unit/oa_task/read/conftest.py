"""A fixture that reads bytes as the conform of a source specifies."""

from pathlib import Path
from typing import Any

import pytest

from support.readers import ReadBytes, ReadResult, read_files


@pytest.fixture
def read(tmp_path: Path) -> ReadBytes:
    """Return a function that reads bytes from a file whose suffix names the format."""

    def read_bytes(body: bytes, name: str = "data.csv", **conform: Any) -> ReadResult:
        path = tmp_path / name
        path.write_bytes(body)
        kind = {".csv": "csv", ".geojson": "geojson", ".gml": "xml"}.get(path.suffix, "csv")
        place = {"lon": "X", "lat": "Y"} if kind == "csv" else {}
        options = {key: conform.pop(key) for key in ("all_columns", "limit") if key in conform}
        return read_files([path], {"format": kind, **place, **conform}, **options)

    return read_bytes
