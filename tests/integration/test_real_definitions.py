"""Each real definition, if they are next to the checkout, creates exactly one job per entry."""

import json
from pathlib import Path

import pytest

from oa_api.definitions.fetcher import DefinitionFetcher
from oa_api.jobs.planning import resolve

SOURCES = Path(__file__).parents[3] / "shared" / "openaddresses" / "sources"


@pytest.mark.skipif(not SOURCES.is_dir(), reason="the real definitions are not beside this checkout")
async def test_resolve_all_real_definitions_has_one_job_per_entry() -> None:
    definitions = [json.loads(path.read_text("utf-8")) for path in sorted(SOURCES.rglob("*.json"))]
    expected = sum(
        len({entry["name"] for entry in entries})
        for definition in definitions
        for entries in definition["layers"].values()
    )
    async with DefinitionFetcher(()) as fetcher:
        found = await resolve([{"source": definition} for definition in definitions], fetcher)
    assert len(found.jobs) == expected
    assert len(found.refusals) == 1
    assert "repeats" in found.refusals[0].message
