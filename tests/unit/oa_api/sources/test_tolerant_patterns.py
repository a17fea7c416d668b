"""A search for similar names stays cheap, whatever was typed."""

from oa_api.db.name_patterns import misspelled_pattern, similar_pattern
from oa_api.sources.queries import tolerant_patterns


def test_the_two_longest_words_may_be_misspelled() -> None:
    exact, short, *misspelled = ["county", "of", "berkely", "californa"]
    patterns = [*map(similar_pattern, (exact, short)), *map(misspelled_pattern, misspelled)]
    assert tolerant_patterns([exact, short, *misspelled]) == patterns


def test_patterns_of_a_long_text_are_bounded() -> None:
    texts = [["x" * 24] * 8, [f"{'y' * 23}{number}" for number in range(8)], ["z" * 1000] * 8]
    assert max(sum(map(len, tolerant_patterns(words))) for words in texts) < 8_000
