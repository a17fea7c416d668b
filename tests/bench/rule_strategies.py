"""Random definitions and rows: rules of every function, regular expressions, and texts with edge cases."""

import re
from typing import Any

from hypothesis import strategies as st

COLUMNS = ["A", "B", "C", "Ä b", "street", "W"]
_ABSENT = ["Z", "oa:Z"]
_MADE = ["oa:V", "V", "oa:number", "oa:city", "oa:id", "number"]
_PIECES = [
    *("", " ", "  ", "\t", "\n", "\r", "\n\n", "\x0b", "\x1c", "\x1f", "\x85", "\xa0", "\u2003", "\u2028", "\u3000"),
    *(
        "12",
        "7",
        "0",
        "12-14",
        "12-1/2",
        " 1/2",
        "12A",
        "12-b",
        "5.0",
        ".0",
        "12.0.0",
        "\u0663",
        "\uff11\uff12",
        "\u00b2",
    ),
    *(
        "MAIN",
        "Main",
        "st",
        "Unit 3",
        "UNIT",
        "apt. 4",
        "Apt",
        "# 5",
        "#",
        "Lot",
        "ste.",
        "bldg",
        "\u017fuite 1",
        "un\u0131t 2",
    ),
    *(
        "12K",
        "12\u212a x",
        "\u0130",
        "a\u0301",
        "\u0301",
        "\u200d",
        "дом",
        "号",
        "é",
        "ß",
        "\U0001f3e0",
        "_",
        "\0",
        "\\",
        '"',
    ),
    *(
        "$1",
        "${1}",
        "nan",
        "inf",
        "1e400",
        "55",
        " 25 ",
        "1_0",
        "[1, 2]",
        '{"k": "v"}',
        "{'k': [1]}",
        "None",
        "-",
        ",",
        ".",
    ),
]
texts = st.lists(st.sampled_from(_PIECES), max_size=5).map("".join) | st.text(max_size=6)
rows = st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, texts)), min_size=1, max_size=12)
real_columns = st.frozensets(st.sampled_from(COLUMNS))
_field = st.sampled_from([*COLUMNS, *COLUMNS, *COLUMNS, *_MADE, *_ABSENT])
_fields = st.lists(_field, min_size=1, max_size=4)
_scalars = st.none() | st.booleans() | st.integers(-99, 99) | st.floats(allow_nan=False, allow_infinity=False) | texts

_ATOMS = [
    *(
        "a",
        "1",
        "[0-9]",
        r"\d",
        r"\w",
        r"\s",
        r"\S",
        r"\W",
        r"\D",
        ".",
        "[^ ]",
        "[^0-9]",
        r"[\w-]",
        r"[^\s,]",
        "[a-z]",
        "[A-Z]",
    ),
    *(
        "MAIN",
        "st",
        " ",
        "-",
        "#",
        r"\.",
        "дом",
        "é",
        "[é-я]",
        r"\n",
        "_",
        "k",
        "[i-s]",
        "[^k]",
        r"[\d\s]",
        r"\<",
        "[[]",
        "/",
    ),
]
_ANCHORS = ["^", "$", r"\b", r"\A", r"\Z", "(?=a)", "(?!1)", r"(?<=\d)", r"\B"]
_atoms = st.sampled_from(_ATOMS)
_repeated = st.tuples(_atoms, st.sampled_from(["", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{,2}"])).map(
    "".join
)
_simple = st.lists(_repeated | st.sampled_from(_ANCHORS), min_size=1, max_size=3).map("".join)
_groups = st.tuples(
    st.sampled_from(["(", "(", "(?:", "(?P<n>"]),
    st.lists(_simple, min_size=1, max_size=3).map("|".join),
    st.sampled_from([")", ")", ")?", "){1,2}", ")*?"]),
).map("".join)
_bodies = st.lists(_groups | _simple, min_size=1, max_size=3).map("".join)
_patterns = st.tuples(st.sampled_from(["", "", "", "(?i)", "(?s)", "(?m)"]), _bodies).map("".join)
_TEMPLATE_PIECES = [
    "$1",
    "${1}",
    "$0",
    "$2",
    r"\1",
    r"\g<1>",
    r"\g<n>",
    "$name",
    "$",
    r"\n",
    r"\\",
    "x",
    " ",
    "1",
    "é",
    "{",
    "}",
]
_templates = st.lists(st.sampled_from(_TEMPLATE_PIECES), min_size=1, max_size=4).map("".join)
_FORMAT_PIECES = ["$1", "$2", "$3", "$1", "$0", "$9", "$", "-", " no ", "text ", "$" + "9" * 30, "\u0663"]


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _function(name: str, **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"function": st.just(name), **parts})


regexps = _function("regexp", field=_field, pattern=_patterns.filter(_compiles)) | _function(
    "regexp", field=_field, pattern=_patterns.filter(_compiles), replace=_templates | st.just("")
)
_mappings = st.dictionaries(texts, _scalars, max_size=4) | st.dictionaries(texts, texts, max_size=4)
simple_functions = st.one_of(
    regexps,
    _function("join", fields=_fields),
    _function("join", fields=_fields, separator=texts),
    _function("format", fields=_fields, format=st.lists(st.sampled_from(_FORMAT_PIECES), max_size=6).map("".join)),
    _function("prefixed_number", field=_field),
    _function("postfixed_street", field=_field),
    _function("postfixed_street", field=_field, may_contain_units=st.booleans()),
    _function("postfixed_unit", field=_field),
    _function("remove_prefix", field=_field, field_to_remove=_field),
    _function("remove_postfix", field=_field, field_to_remove=_field),
    _function("first_non_empty", fields=_fields),
    _function("constant", value=_scalars | st.lists(_scalars, max_size=2)),
    _function("map", field=_field, mapping=_mappings),
    st.fixed_dictionaries({"function": st.just("map"), "field": _field, "mapping": _mappings, "else": _scalars}),
    _function("mph_to_kph", field=_field),
    _function("get", field=_field, index=st.integers(-3, 3) | st.sampled_from(["k", "1"])),
)
_variables = st.sampled_from(["V", "V", "W2", "street", "A", "aid", "oa:city"])
functions = st.recursive(
    simple_functions,
    lambda inner: (
        _function("chain", functions=st.lists(inner, min_size=1, max_size=4), variable=_variables)
        | _function("chain", functions=st.lists(inner, min_size=1, max_size=3))
    ),
    max_leaves=6,
)
_rules = _field | st.lists(_field, min_size=1, max_size=3) | functions
addresses = st.dictionaries(st.sampled_from(["number", "street", "unit", "city", "id", "postcode"]), _rules, max_size=4)
_others = {"parcels": ["pid"], "buildings": ["height", "levels"], "centerlines": ["id", "name", "speed", "oneway"]}
definitions = st.tuples(
    st.just("addresses"),
    st.tuples(addresses, st.just({}) | st.just({"accuracy": 3})).map(lambda two: {**two[0], **two[1]}),
) | st.sampled_from(sorted(_others)).flatmap(
    lambda layer: st.tuples(
        st.just(layer), st.dictionaries(st.sampled_from(_others[layer]), _rules, max_size=len(_others[layer]))
    )
)
