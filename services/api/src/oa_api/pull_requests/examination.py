"""The review of a changed definition in its own process (see oa_api.commands.examiner_process), and its reply."""

from collections.abc import Iterator
from typing import TypedDict, cast

from oa_api.definitions.examiner import ExaminationStoppedError, Examiner
from oa_api.jobs.planning import DefinitionText, EntryReply, reduce_jobs, restore_jobs
from oa_api.pull_requests.changed_sources import SourceChange
from oa_api.pull_requests.definition_review import Finding, Review, ReviewJson, review
from oa_shared.json_types import JsonMapping, JsonObject

REVIEW = "pull_requests.review"


class ReviewHeader(TypedDict):
    """The description of a change; its texts follow each other, the former one with `before_bytes` bytes or None."""

    path: str
    source_name: str
    problem: str
    url: str
    before_bytes: int | None
    has_after: bool


class ReviewReply(TypedDict):
    """The review of a change."""

    sha256: str
    jobs: list[EntryReply]
    review: ReviewJson


async def review_change(examiner: Examiner, change: SourceChange, *, url: str) -> Review:
    """Return the review of a change; a definition that takes too much time or memory has a finding and no jobs."""
    before, after = (None if text is None else text.encode() for text in (change.before, change.after))
    header = ReviewHeader(
        path=change.path,
        source_name=change.source_name,
        problem=change.problem,
        url=url,
        before_bytes=None if before is None else len(before),
        has_after=after is not None,
    )
    try:
        (reply,) = await examiner.examine(REVIEW, {**header}, (before or b"") + (after or b""))
    except ExaminationStoppedError as error:
        return Review(findings=[Finding(change.path, 1, error.detail)])
    return _read_reply(cast("ReviewReply", reply), change, url)


def _read_reply(reply: ReviewReply, change: SourceChange, url: str) -> Review:
    stored = reply["review"]
    definition = DefinitionText(change.source_name, url, change.after or "", reply["sha256"])
    jobs = restore_jobs(definition, reply["jobs"])
    findings = [Finding(**problem) for problem in stored["problems"]]
    lines = {key: (path, line) for key, (path, line) in stored["lines"].items()}
    return Review(jobs, findings, stored["removed"], lines)


def examine_change(header: JsonMapping, body: bytes) -> Iterator[list[JsonObject]]:
    """Yield the reply to a change, whose two texts are the body."""
    about = cast("ReviewHeader", header)
    split = about["before_bytes"] or 0
    change = SourceChange(
        path=about["path"],
        source_name=about["source_name"],
        before=None if about["before_bytes"] is None else body[:split].decode(),
        after=body[split:].decode() if about["has_after"] else None,
        problem=about["problem"],
    )
    reviewed = review(change, url=about["url"])
    reply = ReviewReply(
        sha256=reviewed.jobs[0].sha256 if reviewed.jobs else "",
        jobs=reduce_jobs(reviewed.jobs),
        review=reviewed.as_json(),
    )
    yield [cast("JsonObject", reply)]
