"""Having a definition reviewed by the process that reads untrusted ones."""

import asyncio
from dataclasses import dataclass
from typing import cast

from aiohttp import web

from oa_api.definitions.examiner import EXAMINER, ExaminationStoppedError, Examiner
from oa_api.trials.remarks import Remark
from oa_api.trials.review import REVIEW_TRIAL, TrialEntryJson, TrialReply
from oa_shared.definition_check.findings import Severity

# The process works for one request at a time.
MAX_TRIAL_TURNS = 2
TRIAL_TURNS = web.AppKey("trial_turns", asyncio.Semaphore)


@dataclass(frozen=True, slots=True)
class TrialReview:
    """What is wrong with a definition, and its entries."""

    sha256: str
    remarks: list[Remark]
    entries: list[TrialEntryJson]

    def choose(self, selected: tuple[str, str] | None) -> TrialEntryJson | None:
        """Return the selected entry if it can run, without a selection the first one that can; None for none."""
        runnable = (entry for entry in self.entries if entry["is_runnable"])
        if selected is None:
            return next(runnable, None)
        return next((entry for entry in runnable if (entry["layer"], entry["name"]) == selected), None)


async def review_text(app: web.Application, text: str) -> TrialReview:
    """Return the review of a definition; one that takes too much time or memory has a remark about it.

    Definitions of other requests, such as pull requests, wait for two trials at most.
    """
    async with app[TRIAL_TURNS]:
        return await review_with(app[EXAMINER], text)


async def review_with(examiner: Examiner, text: str) -> TrialReview:
    """Return the review by an examiner."""
    stopped: list[Remark] = []
    try:
        replies = await examiner.examine(REVIEW_TRIAL, {}, text.encode())
    except ExaminationStoppedError as error:
        replies = error.replies
        stopped = [Remark(1, Severity.ERROR, error.code, "", error.detail)]
    reply = TrialReply()
    for part in replies:
        reply.update(cast("TrialReply", part))
    return TrialReview(
        sha256=reply.get("sha256", ""),
        remarks=[*stopped, *(Remark.of(remark) for remark in reply.get("remarks", []))],
        entries=reply.get("entries", []),
    )
