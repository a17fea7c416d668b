"""docs/glossary.md: each term once, defined, and used; the words not to use are among the banned phrases."""

import re
from pathlib import Path

import pytest

from support.language.phrases import Term, terms
from support.language.texts import texts_of

ROOT = Path(__file__).parents[3]
TERMS = terms(ROOT)
SHOWN = ("docs", "README.md", "services", "cli", "shared")
USER_FACING = {"page", "message", "help", "openapi", "doc"}


def test_each_term_is_defined_once() -> None:
    names = [term.name for term in TERMS]
    assert len(names) > 50
    assert len(names) == len(set(names))


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)
def test_definition_is_a_sentence(term: Term) -> None:
    assert term.meaning.endswith(".")
    assert len(term.meaning) > 25


def test_no_term_is_a_word_that_another_term_forbids() -> None:
    forbidden = {word for term in TERMS for word in term.not_words}
    assert {term.name for term in TERMS} & forbidden == set()


def test_terms_of_a_section_are_in_alphabetical_order() -> None:
    sections = (ROOT / "docs/glossary.md").read_text("utf-8").split("\n## ")[1:]
    for section in sections:
        names = [line.split("|")[1].strip().lower() for line in section.splitlines() if line.startswith("| ")][1:]
        assert names == sorted(names)


def test_each_term_is_used_in_text_that_users_read() -> None:
    unused = {term.name: re.compile(rf"\b{re.escape(term.name.lower())}") for term in TERMS}
    for text in texts_of(ROOT, SHOWN):
        words = text.words.lower() if text.kind in USER_FACING else ""
        unused = {name: pattern for name, pattern in unused.items() if not pattern.search(words)}
        if not unused:
            break
    assert set(unused) == set()
