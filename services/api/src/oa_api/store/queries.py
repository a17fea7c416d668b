"""SQL by name: each statement stands below a `-- name: …` line in a file of `sql/`."""

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_PART = re.compile(r"\{(?:(\w+)\.)?(\w+)\}")


@cache
def queries(topic: str) -> dict[str, str]:
    """Return the statements of `sql/<topic>.sql` by name.

    `{name}` in one stands for an earlier one of the file, `{topic.name}` for one of another file.
    """
    text = files("oa_api.store").joinpath("sql", f"{topic}.sql").read_text(encoding="utf-8")
    _, *parts = _NAME.split(text)
    found: dict[str, str] = {}
    for name, sql in zip(parts[::2], parts[1::2], strict=True):
        found[name] = _PART.sub(lambda part: (queries(part[1]) if part[1] else found)[part[2]], sql.strip())
    return found
