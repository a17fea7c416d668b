"""Each real definition gives exactly one job for each entry; the definitions are in a folder next to the checkout."""

import json
from pathlib import Path

import pytest

from oa_api.definitions.examiner import Examiner
from oa_api.definitions.fetcher import DefinitionFetcher
from oa_api.jobs.element_planning import plan_posted

SOURCES = Path(__file__).parents[3] / "shared" / "openaddresses" / "sources"


@pytest.mark.skipif(not SOURCES.is_dir(), reason="no real definitions next to this checkout")
async def test_plan_of_all_real_definitions_has_one_job_for_each_entry() -> None:
    definitions = [json.loads(path.read_text("utf-8")) for path in sorted(SOURCES.rglob("*.json"))]
    expected = sum(
        len({entry["name"] for entry in entries})
        for definition in definitions
        for entries in definition["layers"].values()
    )
    body = json.dumps({"jobs": [{"source": definition} for definition in definitions]}).encode()
    async with DefinitionFetcher(()) as fetcher, Examiner() as examiner:
        plan = await plan_posted(body, fetcher, examiner)
    assert len(plan.jobs) == expected
    assert len(plan.rejections) == 1
    assert "duplicate name" in plan.rejections[0].message
