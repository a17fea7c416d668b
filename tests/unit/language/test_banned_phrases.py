"""No text of the repository uses a banned phrase: banned_phrases.toml, explained in docs/writing.md."""

from pathlib import Path

import pytest

from support.language.phrases import Finding, find, load
from support.language.text import Text
from support.language.texts import texts_of

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def findings() -> list[Finding]:
    return list(find(texts_of(ROOT), load(ROOT), ROOT))


def test_repository_has_no_banned_phrase(findings: list[Finding]) -> None:
    assert not findings, "\n" + "\n".join(str(finding) for finding in findings)


def test_what_to_say_instead_is_not_banned_itself() -> None:
    phrases = load(ROOT)
    texts = [Text("docs/x.md", 1, kind, phrase.say) for phrase in phrases for kind in ("page", "doc")]
    used = {
        text.words: phrase.pattern.pattern
        for text in texts
        for phrase in phrases
        if phrase.applies_to(text) and phrase.pattern.search(text.words)
    }
    assert used == {}
