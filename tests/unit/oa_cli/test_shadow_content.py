"""What `oa shadow` computes of a file: the same for the same features in any order, in bounded memory."""

import gzip
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_cli.shadow.comparison import NearerSide, SideResult, Verdict, compare
from oa_cli.shadow.content import FileContent, UnreadableContentError, shared_share
from oa_cli.shadow.lines import GzipLines
from oa_cli.shadow.sides import SideDataset

KEY = ("us/ca/x", "addresses", "city")
_RING = [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0], [0.0, 0.0]]


def address(number: object, x: float = 1.0, y: float = 2.0, **more: object) -> dict[str, Any]:
    properties = {"hash": f"{number}", "number": number, "street": "Elm St", **more}
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": [x, y]}}


def area(kind: str, coordinates: object) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"pid": "1"}, "geometry": {"type": kind, "coordinates": coordinates}}


def content_of(features: list[Any]) -> FileContent:
    content = FileContent()
    for feature in features:
        content.add_line(json.dumps(feature).encode())
    return content


def result_of(features: list[Any], *, rows: int | None = None) -> SideResult:
    return SideResult(SideDataset(1, None, "x", source_rows=rows), content_of(features))


@given(st.lists(st.integers(0, 20), max_size=30), st.randoms(use_true_random=False))
def test_content_any_order_of_features_has_the_same_sums(numbers: list[int], shuffler: random.Random) -> None:
    features = [address(number, x=number / 10) for number in numbers]
    first = content_of(features)
    shuffler.shuffle(features)
    second = content_of(features)
    assert (first.digest, first.attributes, first.geometries) == (second.digest, second.attributes, second.geometries)
    assert (first.count, first.bounds, first.rates()) == (second.count, second.bounds, second.rates())
    assert first.sketch() == second.sketch()


@given(st.lists(st.integers(0, 5), max_size=8), st.lists(st.integers(0, 5), max_size=8))
def test_content_has_equal_sums_only_for_equal_features(one: list[int], other: list[int]) -> None:
    contents = [content_of([address(number) for number in numbers]) for numbers in (one, other)]
    assert (contents[0].digest == contents[1].digest) == (sorted(one) == sorted(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (area("Polygon", [_RING]), area("Polygon", [_RING[::-1]])),
        (area("Polygon", [_RING]), area("Polygon", [[*_RING[2:], *_RING[1:3]]])),
        (area("Polygon", [_RING]), area("MultiPolygon", [[_RING]])),
        (address("1", 1.0000001), address("1", 1.0000002)),
        (address("1", unit=""), address("1", unit=None)),
        (address("12"), address(12.0)),
        ({**address("1"), "id": 5}, address("1")),
    ],
)
def test_content_features_that_differ_in_form_only_are_the_same(one: Any, other: Any) -> None:
    assert content_of([one]).digest == content_of([other]).digest


@pytest.mark.parametrize(
    "other", [address("2"), address("1", 1.00001), address("1", unit="A"), {**address("1"), "geometry": None}]
)
def test_content_other_features_have_other_sums(other: Any) -> None:
    assert content_of([address("1")]).digest != content_of([other]).digest


def test_content_counts_bounds_and_rates() -> None:
    content = content_of([address("1"), address("", 3.0, -1.0), {**address("3"), "geometry": None}])
    assert (content.count, content.without_geometry, content.bounds) == (3, 1, (1.0, -1.0, 3.0, 2.0))
    assert content.rates() == {"number": 0.6667, "street": 1.0}


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"type": "Feature", "geometry": {"coordinates": ["x", 1]}}'])
def test_content_other_lines_are_unreadable(line: bytes) -> None:
    with pytest.raises(UnreadableContentError, match="line 1 "):
        FileContent().add_line(line)


def test_shared_share_of_many_features_is_estimated() -> None:
    one = content_of([address(number) for number in range(10_000)])
    other = content_of([address(number) for number in range(5_000, 15_000)])
    assert len(one.sketch()) == 2_048
    assert 0.29 < shared_share(one, other) < 0.38
    assert shared_share(one, one) == 1.0
    assert shared_share(FileContent(), FileContent()) == 1.0


def _lines(chunks: list[bytes]) -> list[bytes]:
    lines = GzipLines()
    return [*(line for chunk in chunks for line in lines.feed(chunk)), *lines.end()]


@given(st.lists(st.binary(max_size=9).map(lambda text: text.replace(b"\n", b"")), min_size=1), st.integers(1, 40))
def test_gzip_lines_any_chunks_give_the_lines(texts: list[bytes], size: int) -> None:
    packed = gzip.compress(b"\n".join(texts[:2])) + gzip.compress(b"".join(b"\n" + text for text in texts[2:]))
    found = _lines([packed[start : start + size] for start in range(0, len(packed), size)])
    assert [line for line in found if line] == [text for text in texts if text]


def test_gzip_lines_damaged_files_are_unreadable() -> None:
    packed = gzip.compress(b"a\nb\n")
    for chunks in ([], [packed[:-4]], [b"<html>"]):
        with pytest.raises(UnreadableContentError):
            _lines(chunks)


def test_compare_same_features_is_same() -> None:
    features = [address(number) for number in range(9)]
    comparison = compare(KEY, result_of(features[::-1]), result_of(features, rows=9))
    assert (comparison.verdict, comparison.nearer) == (Verdict.SAME, NearerSide.EQUAL)
    assert comparison.shared == 1.0


@pytest.mark.parametrize(
    ("rows", "nearer"),
    [(10, NearerSide.OURS), (8, NearerSide.THEIRS), (9, NearerSide.EQUAL), (None, NearerSide.UNKNOWN)],
)
def test_compare_nearer_side_has_the_count_nearer_to_the_rows(rows: int | None, nearer: NearerSide) -> None:
    features = [address(number) for number in range(10)]
    comparison = compare(KEY, result_of(features[:8]), result_of(features, rows=rows))
    assert (comparison.verdict, comparison.nearer) == (Verdict.DIFFERS, nearer)
    assert comparison.differences[0] == "count 8 / 10"


def test_compare_names_what_differs() -> None:
    theirs = result_of([address("1"), address("2", 5.0)])
    ours = result_of([address("1"), address("2", 6.0, unit="A")])
    assert compare(KEY, theirs, ours).differences == [
        *("bounds", "unit 0.0% / 50.0%", "hash of attributes", "hash of geometries", "hash of features"),
    ]


@pytest.mark.parametrize(
    ("theirs", "ours", "verdict", "nearer"),
    [
        (None, result_of([]), Verdict.ONLY_OURS, NearerSide.OURS),
        (result_of([]), None, Verdict.ONLY_THEIRS, NearerSide.THEIRS),
        (
            SideResult(SideDataset(1, None, None), error="x"),
            result_of([]),
            Verdict.UNREADABLE,
            NearerSide.OURS,
        ),
    ],
)
def test_compare_one_side_only(
    theirs: SideResult | None, ours: SideResult | None, verdict: Verdict, nearer: NearerSide
) -> None:
    comparison = compare(KEY, theirs, ours)
    assert (comparison.verdict, comparison.nearer) == (verdict, nearer)
