"""A large body leaves the event loop free: its work is in a thread, which lets go of the interpreter lock."""

import ast
import asyncio
import gc
import json
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

import oa_api
from oa_shared.large_bodies import (
    MAX_LARGE_VALUES,
    MAX_ON_LOOP_BYTES,
    TooManyValuesError,
    decode_json,
    run_by_size,
)

_MIB = 1024 * 1024
_PACKAGE = Path(oa_api.__file__).parent
# Modules with calls that work on all bytes of a text, and what bounds the text or keeps it off the event loop.
BOUNDED = {
    "datasets/places.py": "our own file, at the start",
    "dead_letters/dead_letter.py": "a message of a queue: 256 KiB",
    "definitions/examination_frames.py": "in the examiner, except for headers of our own code",
    "definitions/examiner.py": "replies of at most a megabyte of text, except for one definition of 2 MB",
    "http/assets.py": "our own files, at the start",
    "http/compression.py": "by size",
    "http/conditional.py": "a page of at most 100 rows",
    "http/idempotency.py": "by size",
    "http/safe_json.py": "by size, or in the examiner",
    "identity/credential.py": "a secret",
    "identity/csrf.py": "a token",
    "identity/github_client.py": "a verifier",
    "jobs/job_log.py": "a line of a log",
    "jobs/definition_view.py": "in a thread, at most 2 MB",
    "jobs/repair.py": "in a thread, at most 2 MB",
    "jobs/pages/files.py": "in a thread, or a line of a log of 96 KiB",
    "jobs/planning.py": "one definition of at most 2 MB",
    "jobs/refusals.py": "the texts of one refusal, of which a request keeps 1,000",
    "datasets/attribution.py": "a license",
    "db/service_role.py": "a password",
    "attempt_access/plan_inputs.py": "in a thread",
    "pull_requests/check_watcher.py": "a report of our own",
    "pull_requests/excerpts.py": "in a thread",
    "pull_requests/signature.py": "by size",
    "schedules/archive.py": "in a thread",
    "schedules/repository.py": "in a thread",
    "schedules/sources_task.py": "in a thread",
    "sources/definition_links.py": "in a thread, one definition of at most 2 MB",
    "trials/definition_changes.py": "in a thread, two definitions that have run",
    "trials/outcome.py": "in a thread, one definition of at most 512 KiB",
    "trials/proposals.py": "in a thread, a file of at most 4 MiB; a request of at most 16 KB",
    "trials/places.py": "in a thread, a geometry of at most 500 characters",
    "trials/review.py": "in the examiner",
    "ui/flash.py": "a cookie",
    "uploads/service.py": "in a thread",
    "webhooks/payload.py": "a body of our own",
    "webhooks/signature.py": "a body of our own",
    "compatibility/file_api.py": "a line of a log of 96 KiB, or the first rows of a file, unpacked to a bound",
    "compatibility/table.py": "our own table, once",
    "imports/definitions.py": "in the process of an import, which serves nothing",
    "imports/findings.py": "in the process of an import, which serves nothing",
    "imports/job_rows.py": "in the process of an import, which serves nothing",
}
_MODULES = frozenset({"hashlib", "hmac", "gzip", "zlib", "bz2", "lzma"})


def test_each_module_that_works_on_all_bytes_of_a_text_states_its_bound() -> None:
    working = {
        path.relative_to(_PACKAGE).as_posix()
        for path in _PACKAGE.rglob("*.py")
        if any(map(_works_on_all_bytes, ast.walk(ast.parse(path.read_text("utf-8")))))
    }
    assert sorted(working - BOUNDED.keys()) == [], "use oa_shared.large_bodies, or state the bound here"
    assert sorted(BOUNDED.keys() - working) == [], "no longer needed"


def _works_on_all_bytes(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    owner = node.func.value
    name = owner.id if isinstance(owner, ast.Name) else ""
    if node.func.attr == "compare_digest":
        return False
    return (name == "json" and node.func.attr in {"load", "loads"}) or name in _MODULES


@pytest.mark.parametrize("size_bytes", [MAX_ON_LOOP_BYTES, MAX_ON_LOOP_BYTES + 1])
async def test_work_on_more_bytes_than_the_bound_is_in_another_thread(size_bytes: int) -> None:
    thread = await run_by_size(size_bytes, threading.get_ident)
    assert (thread == threading.get_ident()) == (size_bytes <= MAX_ON_LOOP_BYTES)


@pytest.mark.parametrize("size_bytes", [100, 2 * _MIB])
async def test_value_is_that_of_the_text(size_bytes: int) -> None:
    value = {"commits": [{"id": "é", "n": [1, 2.5, None]}], "text": "x" * size_bytes}
    assert await decode_json(json.dumps(value)) == await decode_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize("body", [b"{", b'{"a":"' + b"x" * _MIB, b"[" * _MIB])
async def test_text_that_is_no_json_is_a_value_error(body: bytes) -> None:
    with pytest.raises((ValueError, RecursionError, TooManyValuesError)):
        await decode_json(body)


async def test_large_text_has_a_limit_of_values() -> None:
    with pytest.raises(TooManyValuesError):
        await decode_json(b"[" + b"0," * (MAX_LARGE_VALUES + 1) + b"0]")


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"commits": [{"id": "a" * 40, "message": "x" * 1000, "added": ["a"]}] * 30_000}).encode(),
        b'{"a":[' + b"[]," * (MAX_LARGE_VALUES // 2 - 10) + b"0]}",
        b'{"a":"' + b"x" * (10 * _MIB) + b'"}',
    ],
    ids=["many commits", "many lists", "one text"],
)
async def test_decoding_in_a_thread_lets_the_loop_have_a_turn(body: bytes) -> None:
    """Measure the CPU time of this process between two turns of the loop, so that other processes do not matter."""
    gc.freeze()  # as the API does at its start: the objects of other tests cost no time of the collector
    decoding = asyncio.create_task(decode_json(body))
    turns_s = [time.process_time()]
    while not decoding.done():
        await asyncio.sleep(0)
        turns_s.append(time.process_time())
    longest_s = max(later - earlier for earlier, later in pairwise(turns_s))
    assert longest_s < 0.12, f"the loop had {len(turns_s)} turns"
