"""Posts every definition below a folder in one request and compares the jobs with the entries of the files.

The API is a standalone one, so no job runs and nothing is downloaded.
"""

import json
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

from rich.console import Console

from oa_local.client import LocalApi
from oa_local.standalone_api import standalone_api, standalone_database
from oa_shared.errors import OaError
from oa_shared.value_text import plural

Triple = tuple[str, str, str]


class _Entry(TypedDict):
    name: str


class DefinitionFile(TypedDict):
    """The part of a source definition that matters here."""

    layers: dict[str, list[_Entry]]


class _Refusal(TypedDict):
    source: str
    pointer: str
    message: str


class _Answer(TypedDict):
    jobs: list[int]
    errors: list[_Refusal]


class NoDefinitionsError(OaError):
    """A folder has no definitions."""

    code = "local.definitions"
    title = "No definitions found."


def read_definitions(folder: Path) -> dict[str, DefinitionFile]:
    """Return the definitions below a folder by their source names. Raises NoDefinitionsError."""
    paths = sorted(folder.rglob("*.json"))
    definitions: dict[str, DefinitionFile] = {
        path.relative_to(folder).with_suffix("").as_posix(): json.loads(path.read_text("utf-8")) for path in paths
    }
    if not definitions:
        raise NoDefinitionsError(f"no .json file below {folder}")
    return definitions


def entries_of(definitions: Mapping[str, DefinitionFile]) -> Counter[Triple]:
    """Count the entries of the files by (source, layer, name); a layer may have two entries of one name."""
    return Counter(
        (source, layer, entry["name"])
        for source, definition in definitions.items()
        for layer, entries in definition["layers"].items()
        for entry in entries
    )


def check_definitions(console: Console, folder: Path) -> int:
    """Post the definitions and print the counts; return 0 if the jobs are exactly the entries, else 1."""
    definitions = read_definitions(folder)
    jobs = [{"source": definition, "source_name": name} for name, definition in definitions.items()]
    with standalone_database() as database, standalone_api(database) as (api, _pid):
        run = api.call("POST", "/api/run", {"live": False})["id"]
        started = time.monotonic()
        answer: _Answer = api.call("POST", f"/api/run/{run}/jobs", {"jobs": jobs})
        posted_s = time.monotonic() - started
        created = _jobs(api, run)
    expected = entries_of(definitions)
    console.print(f"{len(definitions):,} definitions with {expected.total():,} entries, posted in {posted_s:.1f} s")
    return _compare(console, expected, answer, created)


def _compare(console: Console, expected: Counter[Triple], answer: _Answer, created: Counter[Triple]) -> int:
    duplicates = expected.total() - len(expected)
    console.print(
        f"{plural(duplicates, 'entry has', 'entries have')} the name of an earlier entry of the layer: no job"
    )
    console.print(f"{len(answer['jobs']):,} jobs in the answer, {created.total():,} jobs read back")
    for refusal in answer["errors"]:
        console.print(f"  refused: {refusal['source']} {refusal['pointer']}: {refusal['message']}", markup=False)
    missing, surplus = set(expected) - set(created), created - Counter(expected.keys())
    for triple in sorted(missing):
        console.print(f"  missing: {' '.join(triple)}", markup=False)
    for triple in sorted(surplus):
        console.print(f"  unexpected: {' '.join(triple)}", markup=False)
    is_exact = not missing and not surplus and len(answer["errors"]) == duplicates
    console.print("the jobs are exactly the entries of the files" if is_exact else "the jobs differ from the files")
    return 0 if is_exact else 1


def _jobs(api: LocalApi, run: int) -> Counter[Triple]:
    return Counter((job["source_name"], job["layer"], job["name"]) for job in api.jobs_of_run(run))
