"""Details of failures come from a process that reads untrusted data: any other form than theirs is left out."""

import json
from copy import deepcopy

import pytest

from oa_shared.failure_details import (
    MAX_PLACES,
    FailureDetails,
    FaultyPlace,
    Fix,
    FixAction,
    ServerAnswer,
    bound_places,
    read_details,
)
from oa_shared.json_types import JsonObject

_DETAILS = FailureDetails(
    [FaultyPlace("/conform/number", Fix(FixAction.REPLACE, "HOUSE_NUM", "HOUSENUM")), FaultyPlace("/data")],
    ServerAnswer("https://example.org/a.csv", 404, {"Content-Type": "text/html"}, "<h1>Not here</h1>"),
)
_HOSTILE: dict[str, object] = {
    "no object": [],
    "text": "places",
    "none": None,
    "places of another type": {"places": {"0": "/data"}},
    "too many places": {"places": [{"pointer": "/data"}] * (MAX_PLACES + 1)},
    "a pointer that is none": {"places": [{"pointer": "javascript:alert(1)"}]},
    "a pointer of a number": {"places": [{"pointer": 5}]},
    "a pointer that is too long": {"places": [{"pointer": "/" + "x" * 501}]},
    "a pointer that is too deep": {"places": [{"pointer": "/x" * 65}]},
    "an unknown action": {"places": [{"pointer": "/data", "fix": {"action": "delete", "new": "", "old": ""}}]},
    "a fix that is too long": {"places": [{"pointer": "/a", "fix": {"action": "add", "new": "x" * 1001, "old": ""}}]},
    "an answer without a status": {"answer": {"url": "", "headers": {}, "start": ""}},
    "a status that is text": {"answer": {"url": "", "status": "404", "headers": {}, "start": ""}},
    "headers that are too many": {
        "answer": {"url": "", "status": 1, "headers": {str(n): "" for n in range(21)}, "start": ""}
    },
    "a header that is no text": {"answer": {"url": "", "status": 1, "headers": {"A": {"b": "c"}}, "start": ""}},
    "a body that is too long": {"answer": {"url": "", "status": 1, "headers": {}, "start": "x" * 2001}},
}


def _stored_details() -> JsonObject:
    stored: JsonObject = json.loads(json.dumps(_DETAILS.as_json()))
    return stored


def test_details_survive_being_stored_details() -> None:
    assert read_details(_stored_details()) == _DETAILS


@pytest.mark.parametrize("case", _HOSTILE)
def test_details_of_another_form_are_left_out(case: str) -> None:
    details = read_details(deepcopy(_HOSTILE[case]))
    assert details == FailureDetails()
    assert not details


def test_unknown_members_are_dropped() -> None:
    assert read_details({**_stored_details(), "html": "<script>"}) == _DETAILS


def test_places_are_bounded_before_they_are_reported() -> None:
    long_fix = Fix(FixAction.REPLACE, "x" * 1001, "y")
    places = bound_places([FaultyPlace("/a", long_fix), *([FaultyPlace("/b")] * 30)])
    assert len(places) == MAX_PLACES
    assert places[0] == FaultyPlace("/a"), "the place is still marked"
