"""Rows and files whose texts are payloads: what a hostile source, host, author or task might ever have stored.

Rows are written to the tables directly, past the rules on what requests may store: a page must not depend on them.
`test_probes.py` compares them and CLOSED with the schema, so that a new column gets a payload.
"""

import gzip
import json
from contextlib import closing
from pathlib import Path

import psycopg2

from abuse.json_parts import json_paths, replace_at
from abuse.page_checks import MARKUP, SCRIPT_URL
from browser.seeds import RESULT, statement
from oa_shared.schedule_types import ScheduleType
from support.running_api import definition

_SQL = (Path(__file__).parent / "hostile_rows.sql").read_text("utf-8")
JOBS = 11
_ODD_SHAPES: tuple[object, ...] = (None, [], "text", 7, {}, -1e308, True, [[None]], {"a": {"b": []}}, "9" * 400, [{}])
LINK = "probe-link"


def _read_closed() -> list[str]:
    """Return the columns of closed_columns.txt, as table.column."""
    lines = (Path(__file__).parent / "closed_columns.txt").read_text("utf-8").splitlines()
    tables = [line.split(":") for line in lines if not line.startswith("#")]
    return [f"{table}.{column}" for table, columns in tables for column in columns.split()]


CLOSED = frozenset(_read_closed())


def seed(database_url: str) -> None:
    """Write the rows of every table to a migrated database."""
    hostile = definition("city", "county", description=MARKUP, website=SCRIPT_URL, license={"url": SCRIPT_URL})
    hostile["layers"]["addresses"][0] |= {"website": SCRIPT_URL, "note": MARKUP, MARKUP: MARKUP}
    result = json.dumps(hostile_result())
    values = {"markup": MARKUP, "url": SCRIPT_URL, "result": result, "link": LINK}
    with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement("fill"), {"definition": json.dumps(hostile), "result": result})
        cursor.execute(_SQL, {**values, "schedule_types": [each.value for each in ScheduleType]})


def hostile_result() -> dict[str, object]:
    """Return a result as a compromised task might report it, as far as its schema permits."""
    files = {name: {"bytes": len(body), "sha256": "b" * 64} for name, body in hostile_files(1).items()}
    outputs = {name: {**facts, "key": f"job/1/attempt-1/{name}"} for name, facts in files.items()}
    names = {MARKUP[:100]: 7, SCRIPT_URL[:100]: 8}
    warnings = [MARKUP, SCRIPT_URL]
    more = {
        "warnings": warnings,
        "invalid": names,
        "bad_rows": {MARKUP: {"count": 1, "example": MARKUP}},
        MARKUP: MARKUP,
    }
    return {**RESULT, "fields": names, "outputs": outputs, **more}


def hostile_files(job: int) -> dict[str, bytes]:
    """Return the files of a job: hostile texts in the expected shape, for others in a shape that nothing expects."""
    texts = {MARKUP: MARKUP, "street": SCRIPT_URL}
    before: object = texts if job % 2 else MARKUP
    feature = {
        "type": "Feature",
        "properties": {**texts, "before": before},
        "geometry": {"type": "Point", "coordinates": [1, 2]},
    }
    lines = [
        {"change": "added", "id_occurrence": 0, "feature": feature},
        {"timestamp": MARKUP, "event": MARKUP, **texts},
    ]
    column = {"kind": MARKUP, "share_empty": 0.5, "distinct": 2, "top_values": [{"value": MARKUP, "count": 9}]}
    step = {"function": MARKUP, "pointer": MARKUP, "steps": []}
    attributes = [{"attribute": MARKUP, "value": MARKUP, "step": step}]
    row = {"row": 1, "raw": texts, "attributes": attributes, "geometry": MARKUP}
    values: dict[str, object] = {
        "profile.json": {"sample_rows": 5, "columns": {MARKUP: column}},
        "sample.json": {"rows": [row]},
        "delta.geojson": {"type": "FeatureCollection", "features": [feature]},
    }
    odd = _ODD_SHAPES[job % len(_ODD_SHAPES)]
    files = {name: json.dumps(_replace_part(value, odd, job)).encode() for name, value in values.items()}
    log = "".join(json.dumps(_replace_part(line, odd, job)) + "\n" for line in lines).encode()
    return {
        **files,
        "changes.jsonl.gz": gzip.compress(log, mtime=0) if job % 4 else log,
        "log.jsonl": log + MARKUP.encode() + b"\n\xff\xfe\x00\n[]\n7\nnull\n",
        "source.geojson.gz": gzip.compress(b"{}\n", mtime=0),
    }


def _replace_part(value: object, odd: object, place: int) -> object:
    paths = json_paths(value)
    return value if odd is None else replace_at(value, paths[place % len(paths)], odd)
