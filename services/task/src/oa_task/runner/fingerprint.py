"""What decides the files of a result besides the bytes of its input: the entry, the outputs and the engine."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict
from functools import cache
from importlib.resources import files

from oa_task.definition.task_entry import TaskEntry

OUTPUT_REVISION = 5
"""Raise it with every change of the engine that writes other files from the same input.

Published data whose input has not changed is kept until then. `tests/unit/oa_task/runner/test_output_revision.py`
compares the files of sample inputs with recorded digests.
"""

PLACES = (
    ("oa_task.placement", "areas.tsv.gz"),
    ("oa_task.preview", "borders.bin"),
    ("oa_task.preview", "borders.txt.gz"),
    ("oa_shared", "us_places.tsv.gz"),
)
"""The files of public data that decide files of results, each with its package."""


def fingerprint(entry: TaskEntry, without: Collection[str] = ()) -> str:
    """Return a digest that is the same for an entry, outputs to omit and an engine that write the same files.

    It covers what the engine reads of an entry, with defaults and without regard to the order of keys. It excludes the
    position of the entry: other entries of the definition may come and go.
    """
    facts = asdict(entry)
    del facts["pointer"]
    engine = {"revision": OUTPUT_REVISION, "places": _digest_of_places()}
    text = json.dumps({"entry": facts, **engine, "without": sorted(without)}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _digest_of_places() -> str:
    """Return a digest of the public data that the engine compares and draws the features with.

    The modules that read it take a tenth of a second to import, which the process that downloads does not need.
    """
    contents = (files(package).joinpath(name).read_bytes() for package, name in PLACES)
    return hashlib.sha256(b"".join(contents)).hexdigest()
