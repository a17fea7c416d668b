import json

from oa_api.jobs.pages.definition import mark_lines

ENTRIES = [{"name": "city", "data": "a"}, {"name": "county", "data": "b", "conform": {"number": ["x"]}}]
TEXT = json.dumps({"schema": 2, "layers": {"parcels": ENTRIES, "addresses": ENTRIES}})


def marked_texts(text: str, layer: str, name: str) -> list[str]:
    return [line.text.strip() for line in mark_lines(text, layer, name) if line.is_mine]


def test_definition_marks_the_lines_of_the_entry_in_its_layer() -> None:
    lines = mark_lines(TEXT, "addresses", "county")
    mine = [place for place, line in enumerate(lines) if line.is_mine]
    assert json.loads("".join(lines[place].text for place in mine)) == ENTRIES[1]
    assert mine[0] > next(place for place, line in enumerate(lines) if '"addresses"' in line.text)


def test_definition_without_the_entry_marks_nothing() -> None:
    assert marked_texts(TEXT, "addresses", "nobody") == marked_texts(TEXT, "buildings", "city") == []


def test_definition_with_invalid_json_is_shown_unchanged() -> None:
    assert [line.text for line in mark_lines("not\njson", "addresses", "city")] == ["not", "json"]


def test_definition_of_another_shape_marks_nothing() -> None:
    for text in (
        "[]",
        '{"layers": []}',
        '{"layers": {"addresses": {"name": "city"}}}',
        '{"layers": {"addresses": [1]}}',
    ):
        assert marked_texts(text, "addresses", "city") == []
