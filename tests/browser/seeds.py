"""What the sites show: written as rows, for a page does not care how they came about."""

import json
from pathlib import Path

import psycopg2

from fakes.memory_storage import MemoryStorage
from running_api import definition

_SQL = (Path(__file__).parent / "seeds.sql").read_text("utf-8")
HOSTILE = "<img src=x onerror=alert(1)>"
RESULT = {
    "count": 1234,
    "bounds": [-122.32, 37.84, -122.23, 37.91],
    "fields": {"number": 1234, "street": 1220, "city": 1234, "postcode": 310},
    "outputs": {
        "source.geojson.gz": {"key": "job/1/attempt-1/source.geojson.gz", "size": 48211, "sha256": "b" * 64},
        "source.parquet": {"key": "job/1/attempt-1/source.parquet", "size": 39118, "sha256": "c" * 64},
    },
}


def statement(name: str) -> str:
    """Return a statement of seeds.sql by its name."""
    return _SQL.split(f"-- name: {name}\n", 1)[1].split("-- name:", 1)[0].strip()


def seed(database_url: str, storage: MemoryStorage) -> None:
    """Write the rows, and the files of the first job."""
    del storage
    values = {"definition": json.dumps(definition("city", "county"), indent=2), "result": json.dumps(RESULT)}
    connection = psycopg2.connect(database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute(statement("fill"), values)
        cursor.execute(statement("beat"))
    connection.close()
