"""From the elements of POST /api/run/{run}/jobs to planned jobs: fetching definitions, and having them examined."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from oa_api.definitions.examiner import ExaminationStoppedError, Examiner
from oa_api.definitions.fetcher import DefinitionFetcher, FetchError
from oa_api.http.errors import BadRequestError, InvalidError, TooLargeError
from oa_api.jobs.examination import (
    DEFINITION,
    POSTED,
    BodyReply,
    DefinitionHeader,
    ElementReply,
    FetchReply,
    PlanReply,
)
from oa_api.jobs.planning import DefinitionText, Element, EntrySelection, JobPlan, Rejection, restore_jobs
from oa_shared.json_types import JsonObject
from oa_shared.source_definition import DefinitionProblem

MAX_TEXT_BYTES = 32 * 1024 * 1024
MAX_PLANNED_JOBS = 20_000
_FETCH_WITHIN_S = 100
_BATCH = 64
# The elements that are planned before other requests have a turn.
_TURN = 500
# After N elements that stopped the examination of one request, the others are not examined.
_MAX_STOPS = 3


@dataclass(slots=True)
class _TextBudget:
    """The bytes of the definitions that one request may keep in memory."""

    left_bytes: int = MAX_TEXT_BYTES

    def take(self, text: str) -> None:
        """Take the bytes of a text. Raises FetchError."""
        self.left_bytes -= len(text.encode())
        if self.left_bytes < 0:
            detail = f"the definitions of the request have more than {MAX_TEXT_BYTES:,} bytes: send fewer"
            raise FetchError(detail, code="source.too_large")


@dataclass(frozen=True, slots=True)
class _Planner:
    fetcher: DefinitionFetcher
    examiner: Examiner
    deadline: float
    budget: _TextBudget = field(default_factory=_TextBudget)

    async def plan_all(self, replies: Sequence[ElementReply]) -> list[JobPlan]:
        """Return the plans of elements in their order; the definitions that are URLs are fetched at the same time."""
        fetching = [
            asyncio.create_task(self._plan_fetched(reply["index"], reply["fetch"]))
            for reply in replies
            if reply["fetch"]
        ]
        try:
            plans = await self._plan_inline(replies)
            fetched = iter(await asyncio.gather(*fetching))
        except BaseException:
            for task in fetching:
                task.cancel()
            raise
        return [next(fetched) if plan is None else plan for plan in plans]

    async def _plan_inline(self, replies: Sequence[ElementReply]) -> list[JobPlan | None]:
        """Return the plan of each element whose definition the request has, None for the others.

        A task for each of thousands of elements would take longer than its plan.
        """
        plans: list[JobPlan | None] = []
        for number, reply in enumerate(replies):
            if number % _TURN == 0:
                await asyncio.sleep(0)
            plan = reply["plan"]
            plans.append(plan and _inline_plan(plan, self.budget, Element(reply["index"], plan["source_name"])))
        return plans

    async def _plan_fetched(self, index: int, fetch: FetchReply) -> JobPlan:
        element = Element(index, fetch["label"])
        try:
            async with asyncio.timeout_at(self.deadline):
                text = await self.fetcher.fetch(fetch["url"])
            self.budget.take(text)
        except TimeoutError:
            detail = "no time left to fetch it: send fewer URLs"
            return element.reject(DefinitionProblem("", detail), code="upstream.timeout")
        except FetchError as error:
            return element.reject(DefinitionProblem("", error.detail), code=error.code)
        definition = DefinitionText.of(text, source_name=fetch["source_name"], url=fetch["url"])
        return await examine_text(self.examiner, definition, element, EntrySelection(fetch["layer"], fetch["name"]))


async def plan_posted(body: bytes, fetcher: DefinitionFetcher, examiner: Examiner) -> JobPlan:
    """Plan the jobs of all elements of a request, in their order.

    Definitions that are not fetched within 100 seconds in all are rejected, so that the request ends. Raises
    BadRequestError, InvalidError and TooLargeError for the body as a whole.
    """
    deadline = asyncio.get_running_loop().time() + _FETCH_WITHIN_S
    replies, rejections = await _examine_elements(body, examiner)
    planner = _Planner(fetcher, examiner, deadline)
    plans = await planner.plan_all(replies)
    jobs = [job for plan in plans for job in plan.jobs]
    if len(jobs) > MAX_PLANNED_JOBS:
        raise TooLargeError(f"{len(jobs):,} entries, limit {MAX_PLANNED_JOBS:,}: send fewer definitions")
    rejections += [rejection for plan in plans for rejection in plan.rejections]
    return JobPlan(jobs, sorted(rejections, key=lambda rejection: rejection.index))


async def examine_text(
    examiner: Examiner, definition: DefinitionText, element: Element, selection: EntrySelection
) -> JobPlan:
    """Return the jobs of the selected entries of a definition; the examiner reads and validates it."""
    header = DefinitionHeader(
        index=element.index,
        label=element.label,
        source_name=definition.source_name,
        url=definition.url,
        layer=selection.layer,
        name=selection.name,
    )
    try:
        (reply,) = await examiner.examine(DEFINITION, {**header}, definition.text.encode())
    except ExaminationStoppedError as error:
        return element.reject(DefinitionProblem("", error.detail), code=error.code)
    return _plan(cast("PlanReply", reply), definition)


async def _examine_elements(body: bytes, examiner: Examiner) -> tuple[list[ElementReply], list[Rejection]]:
    """Return the replies to all elements, and a rejection for each one that the examination had to be stopped for."""
    replies: list[ElementReply] = []
    rejections: list[Rejection] = []
    start, batch, stops = 0, _BATCH, 0
    while True:
        try:
            new = await examiner.examine(POSTED, {"start": start, "batch": batch}, body)
        except ExaminationStoppedError as error:
            total = _total(error.replies, otherwise=error)
            new, stopped = error.replies, error
        else:
            _raise_refusal(new)
            return [*replies, *_elements(new)], rejections
        replies += _elements(new)
        start += len(new) - 1
        if batch > 1:
            batch = 1
            continue
        stops += 1
        end = start + 1 if stops < _MAX_STOPS else total
        rejections += [_too_large(index, stopped.detail) for index in range(start, end)]
        start, batch = end, _BATCH
        if start >= total:
            return replies, rejections


def _too_large(index: int, detail: str) -> Rejection:
    return Rejection(index, f"jobs[{index}]", "source.too_large", detail)


def _total(replies: Sequence[JsonObject], *, otherwise: ExaminationStoppedError) -> int:
    """Return the number of elements. Raises TooLargeError when the process ended while it read the body."""
    total = cast("BodyReply", replies[0]).get("total") if replies else None
    if total is None:
        raise TooLargeError(f"the body cannot be read: {otherwise.detail}") from otherwise
    return total


def _elements(replies: Sequence[JsonObject]) -> list[ElementReply]:
    return [cast("ElementReply", reply) for reply in replies[1:]]


def _raise_refusal(replies: Sequence[JsonObject]) -> None:
    first = cast("BodyReply", replies[0])
    match first.get("refused"):
        case None:
            return
        case "not_json":
            raise BadRequestError(f"the body is not JSON: {first['detail']}")
        case "too_large":
            raise TooLargeError(f"the body has too many values: {first['detail']}")
        case _:
            raise InvalidError(f"the body is not valid: {first['detail']}", fields=first["fields"])


def _inline_plan(reply: PlanReply, budget: _TextBudget, element: Element) -> JobPlan:
    text = reply["text"]
    if text is None:
        return JobPlan([], _rejections(reply))
    try:
        budget.take(text)
    except FetchError as error:
        return element.reject(DefinitionProblem("", error.detail), code=error.code)
    return _plan(reply, DefinitionText(reply["source_name"], reply["url"], text, reply["sha256"]))


def _plan(reply: PlanReply, definition: DefinitionText) -> JobPlan:
    return JobPlan(restore_jobs(definition, reply["entries"]), _rejections(reply))


def _rejections(reply: PlanReply) -> list[Rejection]:
    return [Rejection(**rejection) for rejection in reply["rejections"]]
