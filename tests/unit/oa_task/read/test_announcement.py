"""Responses of servers that announce more features than they have, in GeoJSON and GML."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_task.features.pages import FeaturePage, FeaturePages
from oa_task.read.announcement import page_of_gml, page_of_members
from oa_task.runtime.failure import TaskFailure
from support.readers import ReadBytes

FEATURE = {"type": "Feature", "properties": {"NO": 1}, "geometry": {"type": "Point", "coordinates": [7, 47]}}
NEXT = [{"rel": "self", "href": "http://x/1"}, {"rel": "next", "href": "http://x/2"}]
PARTS: list[dict[str, Any]] = [
    {"exceededTransferLimit": True},
    {"exceededTransferLimit": "true"},
    {"properties": {"exceededTransferLimit": True}},
    {"exceededTransferLimit": True, "numberReturned": 3},
    {"numberMatched": 4, "numberReturned": 3},
    {"numberMatched": "4"},
    {"numberMatched": 4.0},
    {"numberMatched": "unknown", "numberReturned": 3, "links": NEXT},
    {"totalFeatures": 4},
    {"totalFeatures": "unknown", "numberMatched": 100_000},
    {"numberReturned": 4},
    {"context": {"matched": 4, "returned": 3}},
    {"links": NEXT},
    {"links": {"next": "http://x/2"}},
    {"next": "http://x/2", "previous": None},
    {"count": 4, "next": None, "previous": "http://x/1"},
    {"hasMore": True},
]
WHOLES: list[dict[str, Any]] = [
    {},
    {"exceededTransferLimit": False},
    {"properties": {"exceededTransferLimit": False}},
    {"numberMatched": 3, "numberReturned": 3, "links": NEXT},
    {"numberMatched": "unknown", "numberReturned": 3},
    {"numberMatched": None, "totalFeatures": "unknown"},
    {"totalFeatures": 3},
    {"totalFeatures": 2},
    {"numberMatched": True, "totalFeatures": [9], "count": 9},
    {"numberMatched": float("nan")},
    {"links": NEXT[:1]},
    {"links": [{"rel": "next"}, "next", None]},
    {"count": 3, "next": None},
    {"next": ""},
    {"name": "exceededTransferLimit"},
]


def body_of(members: dict[str, Any], *, at_end: bool) -> bytes:
    features = {"features": [FEATURE, {**FEATURE, "geometry": None}, FEATURE]}
    parts = {"type": "FeatureCollection", **({} if at_end else members), **features, **(members if at_end else {})}
    return json.dumps(parts).encode()


@pytest.mark.parametrize("at_end", [False, True], ids=["before", "behind"])
@pytest.mark.parametrize("members", PARTS, ids=str)
def test_geojson_that_announces_more_is_truncated(read: ReadBytes, members: dict[str, Any], *, at_end: bool) -> None:
    found = read(body_of(members, at_end=at_end), "a.geojson")
    with pytest.raises(TaskFailure, match=r"\b3\b") as caught:
        found.bad_rows.pages.check()
    assert caught.value.code == "upstream.truncated"


@pytest.mark.parametrize("at_end", [False, True], ids=["before", "behind"])
@pytest.mark.parametrize("members", WHOLES, ids=str)
def test_geojson_that_is_whole_is_not_truncated(read: ReadBytes, members: dict[str, Any], *, at_end: bool) -> None:
    read(body_of(members, at_end=at_end), "a.geojson").bad_rows.pages.check()


def test_geojson_of_a_count_behind_many_features_is_truncated(read: ReadBytes) -> None:
    tail = b'],"timeStamp":"x","bbox":[1,2,3,4],"numberMatched":60001}'
    found = read(b'{"features":[' + b",".join([json.dumps(FEATURE).encode()] * 60_000) + tail, "a.geojson")
    with pytest.raises(TaskFailure, match=r"60,001 features .* 60,000"):
        found.bad_rows.pages.check()


@pytest.mark.parametrize(
    ("root", "is_part"),
    [
        ('numberMatched="4" numberReturned="2"', True),
        ("numberMatched='4' numberReturned='2'", True),
        ('numberOfFeatures="4"', True),
        ('numberMatched="unknown" numberReturned="2" next="http://x/?a=1&amp;b=2"', True),
        ('numberMatched="unknown" numberReturned="2" next=""', False),
        ('numberMatched="unknown" numberReturned="0"', False),
        ('numberMatched="2" numberReturned="2" next="http://x/"', False),
        ('numberMatched="2"', False),
        ('numberOfFeatures="2"', False),
        ('numberOfFeatures="0"', False),
        ('xsi:numberMatched="4"', False),
        ("", False),
    ],
)
def test_gml_of_wfs_that_announces_more_is_truncated(read: ReadBytes, root: str, *, is_part: bool) -> None:
    members = "".join(
        f"<wfs:member><a:r><a:NO>{number}</a:NO><a:g><gml:Point srsName='EPSG:4326'><gml:pos>47 7</gml:pos>"
        "</gml:Point></a:g></a:r></wfs:member>"
        for number in range(2)
    )
    names = 'xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:a="http://a"'
    names += ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    found = read(
        f"<wfs:FeatureCollection {names} {root}>{members}</wfs:FeatureCollection>".encode(), "a.gml", srs="EPSG:4326"
    )
    assert len(found.points) == 2
    if not is_part:
        found.bad_rows.pages.check()
        return
    with pytest.raises(TaskFailure, match=r"\b2\b") as caught:
        found.bad_rows.pages.check()
    assert caught.value.code == "upstream.truncated"


def test_gml_with_a_truncated_response_is_truncated(read: ReadBytes) -> None:
    text = "<w:FeatureCollection xmlns:w='w'><w:truncatedResponse><a/></w:truncatedResponse></w:FeatureCollection>"
    with pytest.raises(TaskFailure) as caught:
        read(text.encode(), "a.gml", srs="EPSG:4326")
    assert caught.value.code == "upstream.truncated"


@pytest.mark.parametrize(
    ("returned", "is_part"), [('numberReturned="2"', True), ('numberReturned="4"', False), ("", False)]
)
def test_gml_of_several_layers_compares_the_counts_of_the_answer(
    tmp_path: Path, returned: str, *, is_part: bool
) -> None:
    path = tmp_path / "a.gml"
    path.write_text(f"<?xml version='1.0'?><wfs:FeatureCollection numberMatched='4' {returned}>", encoding="utf-8")
    page = page_of_gml(path, 1, layers=lambda: 2)
    assert (page.total is not None and page.features < page.total) == is_part


@given(parts=st.lists(st.integers(1, 50), min_size=1, max_size=5), missing=st.integers(0, 5), other=st.integers(1, 50))
def test_pages_listed_one_by_one_are_a_whole_together(parts: list[int], missing: int, other: int) -> None:
    total = sum(parts) + missing
    pages = FeaturePages()
    pages.add(page_of_members("other.json", {"numberMatched": total + other}, total + other))
    for features in parts:
        pages.add(page_of_members("page.json", {"numberMatched": total, "numberReturned": features}, features))
    if not missing:
        pages.check()
        return
    with pytest.raises(TaskFailure, match="announces"):
        pages.check()


def test_pages_without_a_count_are_whole_if_the_last_one_announces_no_more() -> None:
    first, last = FeaturePage("a", 9, more="exceededTransferLimit"), FeaturePage("b", 3)
    pages = FeaturePages()
    for page in (first, last):
        pages.add(page)
    pages.check()
    pages.add(first)
    with pytest.raises(TaskFailure, match="9 features"):
        pages.check()
