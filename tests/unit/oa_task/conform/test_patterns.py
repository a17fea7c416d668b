"""Regular expressions: translation to Rust, use of Python, refusal."""

import re
import string
import unicodedata

import polars as pl
import pytest

from oa_task.conform.patterns import matching
from oa_task.conform.patterns.expression import compile_expression
from oa_task.conform.patterns.templates import python_template, rust_template
from oa_task.conform.patterns.translation import UntranslatableError, translate
from oa_task.runtime.failure import TaskFailure
from unit.oa_task.conform.conforming import conform_rows


@pytest.fixture(scope="module")
def all_letters() -> list[str]:
    """Every character of Unicode; they take 84 MB, so they exist only during these tests."""
    return [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) != "Cs"]


@pytest.mark.parametrize("pattern", [r"\d", r"\w", r"\s", r"\D", r"[^\w]", r"[\s,]", "[^a-z]", "."])
def test_translate_class_matches_the_same_characters_of_all_unicode(pattern: str, all_letters: list[str]) -> None:
    rust = pl.Series(all_letters).str.contains(translate(pattern).rust)
    assert rust.to_list() == [re.search(pattern, letter) is not None for letter in all_letters]


def test_translate_ignoring_case_matches_the_same_letters_of_all_unicode(all_letters: list[str]) -> None:
    letters = pl.Series(all_letters)
    of_any = letters.filter(letters.str.contains(translate("[a-z]", re.IGNORECASE).rust))
    assert of_any.to_list() == [letter for letter in all_letters if re.fullmatch("[a-z]", letter, re.IGNORECASE)]
    for pattern in string.ascii_lowercase:
        rust = of_any.filter(of_any.str.contains(translate(pattern, re.IGNORECASE).rust)).to_list()
        assert rust == [letter for letter in of_any if re.fullmatch(pattern, letter, re.IGNORECASE)]


@pytest.mark.parametrize(
    "pattern",
    ["(?=a)", "(?<!a)b", r"(a)\1", "(?m)^a", "(?a)a", "(?i)é", "(?i:a)b", r"\B", "(a)+", "(?:a*)+", "(?>a)", "a++"],
)
def test_translate_construct_that_the_engines_treat_differently_is_refused(pattern: str) -> None:
    with pytest.raises(UntranslatableError):
        translate(pattern)


def test_translate_end_and_boundary_set_their_flags() -> None:
    assert translate("a$").has_end
    assert not translate(r"a\Z").has_end
    assert translate(r"\ba").has_boundary


@pytest.mark.parametrize(("pattern", "is_once"), [("a", True), ("^a*", True), ("a*", False), ("^a|b*", False)])
def test_translate_is_once_if_replacing_all_matches_is_the_same(pattern: str, is_once: bool) -> None:  # noqa: FBT001
    assert translate(pattern).is_once is is_once


@pytest.mark.parametrize(
    ("pattern", "groups"), [("^(a)(b)?$", {1}), ("(a)$", set()), ("^(a)", set()), ("^(?:(a)|(b))$", set())]
)
def test_translate_whole_groups_are_the_groups_of_every_match(pattern: str, groups: set[int]) -> None:
    assert translate(pattern).whole_groups == groups


def test_compile_expression_too_large_for_rust_has_no_translation() -> None:
    assert compile_expression(r"(?:\w{900}){900}").translation is None


@pytest.mark.parametrize("pattern", ["(", "a" * 100_001, "(" * 5000 + ")" * 5000, "a{99999999999}"])
def test_compile_expression_invalid_pattern_is_a_failure_of_the_source(pattern: str) -> None:
    with pytest.raises(TaskFailure) as caught:
        compile_expression(pattern)
    assert caught.value.code == "source.regexp"


@pytest.mark.parametrize("replace", ["$2", "${2}", r"\2", r"\g<y>", r"\g<", r"\q", "$" + "9" * 50])
def test_python_template_that_is_unusable_is_a_failure_of_the_source(replace: str) -> None:
    with pytest.raises(TaskFailure) as caught:
        python_template(replace, re.compile("(?P<x>a)"))
    assert caught.value.code == "source.regexp"


@pytest.mark.parametrize(
    ("replace", "expected"),
    [
        ("$1a", "${1}a"),
        ("$name", "$$name"),
        (r"\1", "${1}"),
        (r"\g<x>", "${1}"),
        (r"\\", "\\"),
        (r"\n", None),
        ("$", "$$"),
    ],
)
def test_rust_template_is_equivalent_or_none(replace: str, expected: str | None) -> None:
    pattern = re.compile("(?P<x>a)")
    assert rust_template(python_template(replace, pattern), pattern) == expected


def test_matching_regexp_that_times_out_names_pattern_pointer_and_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(matching, "LIMIT_S", 0.2)
    rule = {"function": "regexp", "field": "A", "pattern": "^(a+)+$"}
    with pytest.raises(TaskFailure) as caught:
        conform_rows({"id": rule}, {"A": ["a", "b", "a" * 40 + "b"]})
    assert caught.value.code == "source.regexp_timeout"
    for detail in ("/layers/addresses/0/conform/id", "'^(a+)+$'", "row 3 "):
        assert detail in caught.value.message
