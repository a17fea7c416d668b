"""Posts every definition below a folder in one request and checks that exactly the jobs come of it that its files say.

The API is a lone one: nothing is downloaded.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from oa_local.client import Api
from oa_local.lone_api import lone_api, lone_database
from oa_shared.errors import OaError

_PAGE = 100
Triple = tuple[str, str, str]


class NoDefinitionsError(OaError):
    """A folder holds no definition."""

    code = "local.definitions"
    title = "There is nothing to post."


def read_definitions(folder: Path) -> dict[str, Any]:
    """Return the definitions below a folder by their source names. Raises NoDefinitionsError."""
    paths = sorted(folder.rglob("*.json"))
    found = {path.relative_to(folder).with_suffix("").as_posix(): json.loads(path.read_text("utf-8")) for path in paths}
    if not found:
        raise NoDefinitionsError(f"no .json file below {folder}")
    return found


def entries_of(definitions: dict[str, Any]) -> Counter[Triple]:
    """Count the entries of the files themselves, each by (source, layer, name); a name may stand there twice."""
    return Counter(
        (source, layer, entry["name"])
        for source, definition in definitions.items()
        for layer, entries in definition["layers"].items()
        for entry in entries
    )


def check_definitions(console: Console, folder: Path) -> int:
    """Post, compare, print the counts; return 0 when the jobs are exactly the entries, else 1."""
    definitions = read_definitions(folder)
    asked = [{"source": definition, "source_name": name} for name, definition in definitions.items()]
    with lone_database() as database, lone_api(database) as (api, _pid):
        run = api.call("POST", "/api/run", {"live": False})["id"]
        began = time.monotonic()
        answer = api.call("POST", f"/api/run/{run}/jobs", {"jobs": asked})
        taken_s = time.monotonic() - began
        made = Counter(_jobs(api, run))
    return _tell(console, definitions, answer, made, taken_s=taken_s)


def _tell(
    console: Console, definitions: dict[str, Any], answer: dict[str, Any], made: Counter[Triple], *, taken_s: float
) -> int:
    called_for = entries_of(definitions)
    repeated = called_for.total() - len(called_for)
    console.print(f"{len(definitions):,} definitions with {called_for.total():,} entries, posted in {taken_s:.1f} s")
    console.print(f"{repeated:,} entries repeat the name of another one of their layer and can have no job")
    console.print(f"{len(answer['jobs']):,} jobs answered, {made.total():,} jobs read back")
    for refusal in answer["errors"]:
        console.print(f"  refused: {refusal['source']} {refusal['pointer']}: {refusal['message']}", markup=False)
    missing, surplus = set(called_for) - set(made), made - Counter(called_for.keys())
    for triple in sorted(missing):
        console.print(f"  missing: {' '.join(triple)}", markup=False)
    for triple in sorted(surplus):
        console.print(f"  not called for: {' '.join(triple)}", markup=False)
    is_exact = not missing and not surplus and len(answer["errors"]) == repeated
    console.print("exactly the jobs that the files call for" if is_exact else "the jobs differ from the files")
    return 0 if is_exact else 1


def _jobs(api: Api, run: int) -> Iterator[Triple]:
    cursor = ""
    while True:
        page = api.call("GET", f"/api/run/{run}/jobs?limit={_PAGE}{cursor}")["jobs"]
        yield from ((job["source_name"], job["layer"], job["name"]) for job in page)
        if len(page) < _PAGE:
            return
        cursor = f"&cursor={page[-1]['id']}"
