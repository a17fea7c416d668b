"""Where a search leads by itself."""

from dataclasses import replace

import pytest

from oa_api.datasets.places import Place
from oa_api.sources.rows import MatchingSourceRow
from oa_api.sources.search import Findings, Hit, PlaceHit

_JOB = Hit("Job", "Job 7", "", "/jobs/7")
_RUN = Hit("Run", "Run 7", "", "/runs/7")
_SOURCE = MatchingSourceRow(source_name="us/ca/berkeley", entries=1, published=1, failing=0, total=1)
_COUNTY = PlaceHit(Place("us/ca", "Alameda", "-122,37,-121,38"), 3, "/data?bbox=-122,37,-121,38")
_OTHER = PlaceHit(Place("us/mo", "Alamedas", "-93,37,-92,38"), 1, "/data?bbox=-93,37,-92,38")


@pytest.mark.parametrize(
    ("findings", "href"),
    [
        (Findings("7", exact=[_JOB]), "/jobs/7"),
        (Findings("7", exact=[_JOB, _RUN]), None),
        (Findings("berkeley", sources=[_SOURCE], total=1), None),
        (Findings("7", exact=[_JOB], sources=[_SOURCE], total=1), "/jobs/7"),
        (Findings("alamed", places=[_COUNTY]), _COUNTY.href),
        (Findings("alamed", places=[_COUNTY, _OTHER]), None),
        (Findings("ALAMEDA", places=[_COUNTY, _OTHER]), _COUNTY.href),
        (Findings("alameda", sources=[_SOURCE], total=1, places=[_COUNTY]), None),
        (Findings("alameda", places=[replace(_COUNTY, sources=0)]), None),
        (Findings(), None),
    ],
    ids=[
        "job",
        "job and run",
        "source",
        "job before sources",
        "place",
        "places",
        "name of a place",
        "both",
        "place without data",
        "nothing",
    ],
)
def test_only_one_exact_finding_is_where_the_search_leads(findings: Findings, href: str | None) -> None:
    assert findings.only_hit == href
