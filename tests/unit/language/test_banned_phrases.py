"""No text of the repository uses a banned phrase: banned_phrases.toml, explained in docs/writing.md."""

import json
from pathlib import Path

import pytest

from support.language.phrases import Finding, counts, find, load
from support.language.text import Text
from support.language.texts import texts_of

ROOT = Path(__file__).parents[3]
BASELINE = json.loads(Path(__file__).with_name("baseline.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def findings() -> list[Finding]:
    return list(find(texts_of(ROOT), load(ROOT), ROOT))


def test_no_part_of_the_repository_has_more_banned_phrases_than_its_baseline(findings: list[Finding]) -> None:
    excess = {area: count for area, count in counts(findings).items() if count > BASELINE.get(area, 0)}
    places = [str(finding) for finding in findings if any(finding.file.startswith(area) for area in excess)]
    assert not excess, "\n" + "\n".join(places)


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
