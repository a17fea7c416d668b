"""An ArcGIS layer on loopback for benchmarks: the features of a file, in the pages of a sound server."""

import http.server
import json
import re
import threading
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

MOST = 2_000
LAYER = "/arcgis/rest/services/Bench/FeatureServer/0"
_RANGE = re.compile(r"OBJECTID >= (\d+) AND OBJECTID <= (\d+)")


class _Features:
    """The lines of a file, each a feature whose object ID is the number of its line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._starts = array("Q", [0])
        with path.open("rb") as file:
            self.names = list(json.loads(file.readline())["attributes"])
            file.seek(0)
            for line in file:
                self._starts.append(self._starts[-1] + len(line))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def read_page(self, first: int, count: int) -> bytes:
        """Return features as the elements of a JSON array."""
        last = min(first + count, len(self))
        with self._path.open("rb") as file:
            file.seek(self._starts[first])
            lines = file.read(self._starts[last] - self._starts[first])
        return lines.rstrip(b"\n").replace(b"\n", b",")


class _Layer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, features: _Features, *args: Any) -> None:
        self._features = features
        super().__init__(*args)

    def log_message(self, *_: Any) -> None:
        """Log nothing."""

    def do_GET(self) -> None:
        """Answer a query in the URL."""
        self._answer(urlsplit(self.path).query)

    def do_POST(self) -> None:
        """Answer a query in the body."""
        self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _answer(self, text: str) -> None:
        query = {key: values[0] for key, values in parse_qs(text).items()}
        body = (
            self._query(query) if urlsplit(self.path).path.endswith("/query") else json.dumps(self._metadata()).encode()
        )
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _metadata(self) -> dict[str, Any]:
        fields = [{"name": name, "type": "esriFieldTypeString"} for name in self._features.names if name != "OBJECTID"]
        return {
            "currentVersion": 11.1,
            "name": "Bench",
            "type": "Feature Layer",
            "geometryType": "esriGeometryPoint",
            "maxRecordCount": MOST,
            "objectIdField": "OBJECTID",
            "supportsStatistics": True,
            "advancedQueryCapabilities": {
                "supportsPagination": True,
                "supportsOrderBy": True,
                "supportsStatistics": True,
            },
            "fields": [{"name": "OBJECTID", "type": "esriFieldTypeOID"}, *fields],
        }

    def _query(self, query: dict[str, str]) -> bytes:
        between = _RANGE.search(query.get("where", ""))
        first, last = (int(between[1]) - 1, int(between[2])) if between else (0, len(self._features))
        last = min(last, len(self._features))
        if query.get("returnCountOnly") == "true":
            return json.dumps({"count": last - first}).encode()
        if "outStatistics" in query:
            return json.dumps({"features": [{"attributes": {"MIN_OID": 1, "MAX_OID": len(self._features)}}]}).encode()
        first += int(query.get("resultOffset", 0))
        count = min(int(query.get("resultRecordCount", MOST)), MOST, last - first)
        more = b',"exceededTransferLimit":true' if first + count < last else b""
        head = b'{"objectIdFieldName":"OBJECTID","geometryType":"esriGeometryPoint","spatialReference":{"wkid":4326}'
        return b'%s%s,"features":[%s]}' % (head, more, self._features.read_page(first, max(count, 0)))


@contextmanager
def serve_layer(path: Path) -> Iterator[str]:
    """Serve the features of a file, one in each line, and yield the URL of the layer."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Layer, _Features(path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{LAYER}"
    finally:
        server.shutdown()
        server.server_close()
