"""Reading bytes as a source's conform says."""

from pathlib import Path
from typing import Any

import pytest

from support.readers import Read, Reading, read_files


@pytest.fixture
def read(tmp_path: Path) -> Reading:
    """Read bytes under a name that says their format."""

    def reading(body: bytes, name: str = "data.csv", **conform: Any) -> Read:
        path = tmp_path / name
        path.write_bytes(body)
        kind = {".csv": "csv", ".geojson": "geojson", ".gml": "xml"}.get(path.suffix, "csv")
        place = {"lon": "X", "lat": "Y"} if kind == "csv" else {}
        options = {key: conform.pop(key) for key in ("all_columns", "limit") if key in conform}
        return read_files([path], {"format": kind, **place, **conform}, **options)

    return reading
