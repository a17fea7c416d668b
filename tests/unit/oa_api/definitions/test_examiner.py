"""The process that examines definitions: hostile texts end in a rejection, never in the end of the API."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from oa_api.definitions.examination_limits import ExaminationLimits
from oa_api.definitions.examiner import ExaminationStoppedError, Examiner
from oa_api.definitions.fetcher import DefinitionFetcher
from oa_api.http.errors import ApiError, BadRequestError, InvalidError, TooLargeError
from oa_api.jobs.element_planning import examine_text, plan_posted
from oa_api.jobs.examination import DEFINITION
from oa_api.jobs.planning import DefinitionText, Element, EntrySelection
from oa_api.pull_requests.changed_sources import SourceChange
from oa_api.pull_requests.examination import review_change
from oa_shared.carriers import why_not_name
from oa_shared.postgres_json import why_not_storable
from support.character_classes import CHARACTER_CLASSES
from support.hostile_definitions import HOSTILE
from support.running_api import definition

pytestmark = pytest.mark.asyncio
_MIB = 1024 * 1024


@pytest.fixture
async def examiner() -> AsyncIterator[Examiner]:
    async with Examiner(ExaminationLimits(memory_bytes=128 * _MIB, cpu_s=3)) as opened:
        yield opened


async def plan(examiner: Examiner, body: bytes) -> Any:
    async with DefinitionFetcher(()) as fetcher:
        return await plan_posted(body, fetcher, examiner)


def make_body(*elements: Any) -> bytes:
    return json.dumps({"jobs": elements}).encode()


async def test_posted_definitions_are_planned_in_order_with_a_rejection_for_each_bad_one(examiner: Examiner) -> None:
    bad = {"source": {"schema": 2, "layers": {"addresses": [{}]}}}
    planned = await plan(examiner, make_body(*({"source": definition(f"n{i}")} for i in range(200)), bad, 7))
    assert [job.name for job in planned.jobs] == [f"n{i}" for i in range(200)]
    assert {rejection.index for rejection in planned.rejections} == {200, 201}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_definition_of_a_pull_request_has_a_finding_and_blocks_nothing(
    examiner: Examiner, name: str
) -> None:
    await examiner.examine(DEFINITION, header(), b"{}")
    change = SourceChange("sources/a.json", "a", before=None, after=HOSTILE[name](0.5))
    reviewed, blocked_s = await measure(review_change(examiner, change, url=""))
    assert reviewed.findings
    assert not reviewed.jobs
    assert all(len(finding.message) < 1000 for finding in reviewed.findings)
    assert blocked_s < 0.1


async def test_examination_that_needs_too_much_memory_or_time_is_stopped_and_the_next_one_works() -> None:
    text = json.dumps(definition(*(f"n{i}" for i in range(400)), coverage={"a": [[0] * 100] * 1_000}))
    for limits in (ExaminationLimits(memory_bytes=1 * _MIB), ExaminationLimits(wall_s=0.001)):
        async with Examiner(limits) as narrow:
            narrow.warm_up()
            with pytest.raises(ExaminationStoppedError):
                await narrow.examine(DEFINITION, header(), text.encode())
            narrow._limits = ExaminationLimits()
            assert await narrow.examine(DEFINITION, header(), b"{}")


async def test_end_of_the_process_rejects_the_element_it_worked_on(
    examiner: Examiner, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, bad = Examiner._exchange, {5, 70}

    async def die_at_bad_elements(self: Any, process: Any, frame: bytes, replies: list[Any]) -> Any:
        outcome = await real(self, process, frame, replies)
        at = next((i for i, reply in enumerate(replies) if reply.get("index") in bad), None)
        if at is None:
            return outcome
        head = json.loads(frame[8 : 8 + int.from_bytes(frame[:4], "big")])
        del replies[1 + (at - 1) // head["batch"] * head["batch"] :]
        raise EOFError

    monkeypatch.setattr(Examiner, "_exchange", die_at_bad_elements)
    planned = await plan(examiner, make_body(*({"source": definition(f"n{i}")} for i in range(100))))
    assert [job.name for job in planned.jobs] == [f"n{i}" for i in range(100) if i not in bad]
    assert [(item.index, item.code) for item in planned.rejections] == [(i, "source.too_large") for i in sorted(bad)]


async def test_text_of_any_kind_is_planned_or_refused_on_every_way_in(examiner: Examiner) -> None:
    """Posted, fetched and in a pull request: a text that no database stores never fails the examiner."""
    for kind, text in CHARACTER_CLASSES.items():
        for body, is_usable in (
            (definition(f"n{text}"), why_not_name(f"n{text}") is None),
            (definition("a", coverage={"note": text}), why_not_storable(text) is None),
            (definition("a", coverage={text: 1}), why_not_storable(text) is None),
        ):
            written = json.dumps(body)
            about = DefinitionText.of(written, source_name="xx/a", url="https://a.example/a.json")
            fetched = await examine_text(examiner, about, Element(0, "a"), EntrySelection())
            assert (len(fetched.jobs), bool(fetched.rejections)) == (int(is_usable), not is_usable), kind
            change = SourceChange("sources/a.json", "a", before=written, after=written)
            assert bool((await review_change(examiner, change, url="")).findings) == (not is_usable), kind
            for is_ascii in (True, False):
                posted = json.dumps({"jobs": [{"source": body}]}, ensure_ascii=is_ascii)
                assert await count_posted(examiner, posted.encode("utf-8", "surrogatepass")) == int(is_usable), kind


async def count_posted(examiner: Examiner, body: bytes) -> int:
    """Return the number of jobs of a posted body, 0 if it is refused."""
    try:
        planned = await plan(examiner, body)
    except InvalidError:
        return 0
    return len(planned.jobs)


async def test_process_that_is_killed_is_started_again(examiner: Examiner) -> None:
    await examiner.examine(DEFINITION, header(), b"{}")
    process = examiner._process
    assert process is not None
    process.kill()
    await process.wait()
    plan = await examine_text(
        examiner,
        DefinitionText.of(json.dumps(definition("a")), source_name="xx/a", url=None),
        Element(0, "a"),
        EntrySelection(),
    )
    assert [job.name for job in plan.jobs] == ["a"]


async def test_request_that_is_canceled_leaves_no_reply_for_the_next_one(examiner: Examiner) -> None:
    await examiner.examine(DEFINITION, header(), b"{}")
    abandoned = asyncio.create_task(examiner.examine(DEFINITION, header(), json.dumps(definition("old")).encode()))
    await asyncio.sleep(0)
    abandoned.cancel()
    with pytest.raises(asyncio.CancelledError):
        await abandoned
    (reply,) = await examiner.examine(DEFINITION, header(), json.dumps(definition("new")).encode())
    assert [entry[1] for entry in reply["entries"]] == ["new"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"{", BadRequestError),
        (b"[" * 100_000, BadRequestError),
        (b'{"jobs": 1}', InvalidError),
        (b'{"jobs": []}', InvalidError),
        (b'{"jobs": ["\\u0000"]}', InvalidError),
        (b'{"jobs": [' + b"[]," * 2_000_000 + b"1]}", TooLargeError),
    ],
)
async def test_body_that_cannot_be_used_is_refused_as_a_whole(
    examiner: Examiner, body: bytes, error: type[ApiError]
) -> None:
    with pytest.raises(error):
        await plan(examiner, body)


async def test_process_has_no_environment_and_cannot_write_files(examiner: Examiner) -> None:
    await examiner.examine(DEFINITION, header(), b"{}")
    assert examiner._process is not None
    root = Path(f"/proc/{examiner._process.pid}")
    environment = (root / "environ").read_bytes().split(b"\0")
    limits = (root / "limits").read_text().splitlines()
    assert {line.split(b"=")[0] for line in environment if line} <= {b"MALLOC_ARENA_MAX", b"PYTHONUTF8"}
    assert next(line for line in limits if line.startswith("Max file size")).split()[3] == "0"


def header() -> dict[str, Any]:
    return {"index": 0, "label": "a", "source_name": "a", "url": None, "layer": None, "name": None}


async def measure(work: Any) -> tuple[Any, float]:
    """Return the result of an awaitable, and the most processor time that the event loop worked without a pause.

    The processor time of this thread: other programs of the machine do not count.
    """
    longest_s = 0.0

    async def watch() -> None:
        nonlocal longest_s
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            longest_s = max(longest_s, time.thread_time() - before)

    watcher = asyncio.create_task(watch())
    result = await work
    watcher.cancel()
    return result, longest_s
