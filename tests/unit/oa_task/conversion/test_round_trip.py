"""Every output agrees row by row with what went in, for random definitions and rows in each format."""

import pytest
from hypothesis import HealthCheck, given, settings

from fuzz.round_trips import Source, problems_of, sources
from support.layer_files import FORMATS

pytestmark = [
    pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*:RuntimeWarning:pyogrio"),
]


@pytest.mark.parametrize("name", FORMATS)
@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(source=sources)
def test_convert_random_definition_and_rows_every_output_agrees_with_the_input(name: str, source: Source) -> None:
    assert not problems_of(name, source)
