"""SQL by name: each statement follows a `-- name: …` line in a .sql file next to the module that runs it."""

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_INSERTION = re.compile(r"\{(?:([\w.]+)\.)?(\w+)\}")


@cache
def load_queries(topic: str) -> dict[str, str]:
    """Return the statements of a file by name; the topic `jobs.results` is the file `jobs/results.sql`.

    `{name}` in a statement inserts an earlier statement of the same file, `{topic.name}` one of another file.
    """
    *folders, file = topic.split(".")
    text = files("oa_api").joinpath(*folders, f"{file}.sql").read_text(encoding="utf-8")
    _, *parts = _NAME.split(text)
    queries: dict[str, str] = {}
    for name, sql in zip(parts[::2], parts[1::2], strict=True):
        queries[name] = _INSERTION.sub(
            lambda match: (load_queries(match[1]) if match[1] else queries)[match[2]], sql.strip()
        )
    return queries
