"""The rows of a batch as the JSON that the queries of an import take."""

import json
from collections.abc import Iterable

from oa_api.imports.findings import ConvertedRow


def as_json(rows: Iterable[ConvertedRow]) -> str:
    """Return rows as a JSON array of objects, one key for each column."""
    return json.dumps([row.record() for row in rows], ensure_ascii=False, default=str)
