"""SQL by name: each statement stands below a `-- name: …` line in a file of `sql/`."""

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def queries(topic: str) -> dict[str, str]:
    """Return the statements of `sql/<topic>.sql` by name."""
    text = files("oa_api.store").joinpath("sql", f"{topic}.sql").read_text(encoding="utf-8")
    _, *parts = _NAME.split(text)
    return {name: sql.strip() for name, sql in zip(parts[::2], parts[1::2], strict=True)}
