"""People read the names of values, never JSON pointers; what only looks like a pointer stays."""

import pytest

from oa_shared.definition_places import describe_place, describe_places, locate_place, name_places


@pytest.mark.parametrize(
    ("pointer", "words"),
    [
        ("", "the definition"),
        ("/", "the definition"),
        ("/schema", "`schema`"),
        ("/layers", "`layers`"),
        ("/layers/addresses", "`layers.addresses`"),
        ("/layers/addresses/0", "entry 1 of `addresses`"),
        ("/layers/parcels/11/conform/pid", "`conform.pid` of entry 12 of `parcels`"),
        ("/layers/addresses/0/data/1", "item 2 of `data` of entry 1 of `addresses`"),
        (
            "/layers/addresses/0/conform/number/functions/1/pattern",
            "`pattern` of step 2 of `conform.number` of entry 1 of `addresses`",
        ),
        ("/coverage/US Census/geoid", "`coverage.US Census.geoid`"),
        pytest.param(f"/coverage/{'9' * 5000}", f"`coverage.{'9' * 5000}`", id="digits"),
        pytest.param(f"/layers/a/{'9' * 5000}/b", f"`layers.a.{'9' * 5000}.b`", id="digits of an entry"),
        ("/coverage/\u0663", "`coverage.\u0663`"),
        ("/layers/addresses/0/conform/a~1b~0", "`conform.a/b~` of entry 1 of `addresses`"),
    ],
)
def test_place_has_a_name(pointer: str, words: str) -> None:
    assert describe_place(pointer) == words


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (
            "the data lacks 'NO' at /layers/addresses/0/conform/number, 'ST' at /layers/addresses/0/conform/street.",
            "the data lacks 'NO' at `conform.number`, 'ST' at `conform.street`.",
        ),
        ("/layers/addresses/0: missing `conform`", "entry 1 of `addresses`: missing `conform`"),
        ("see `/layers/addresses/0/conform/number`, not `/tmp`", "see `conform.number`, not `/tmp`"),
        ("/coverage/country: 1 must be a text", "`coverage.country`: 1 must be a text"),
        ("no file /tmp/layers, https://a.example/layers/addresses/0", None),
        ("/layers/addresses of the server, /layersx, /schemas, a/layers/addresses/0", None),
    ],
)
def test_message_has_names_in_place_of_pointers(message: str, words: str | None) -> None:
    wanted = message.replace("/layers/addresses of", "`layers.addresses` of") if words is None else words
    assert describe_places(message) == wanted


def test_text_of_the_definition_gives_lines_and_columns() -> None:
    text = '{"layers": {\n "addresses": [\n  {"name": "city"}]}}'
    message = "/layers/addresses/0/name is bad: see /layers/addresses/0. Not /layers/addresses/1/name"
    named = "a.json:3:4 is bad: see a.json:3:3. Not `name`"
    assert name_places(message, "a.json", text) == named
    assert name_places(message, "a.json", "{") == "`name` is bad: see entry 1 of `addresses`. Not `name`"
    assert locate_place("/layers/addresses/0/conform", "a.json", text) == "a.json:3:3"
