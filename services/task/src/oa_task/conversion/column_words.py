"""The words of column names in the languages of published data, and how a name is divided into them.

A word stands for a concept; what a name means follows from the concepts in it (`column_roles`), so a new language needs
words in `column_words.toml` and nothing else.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from oa_shared.accents import fold_accents

_FILE = Path(__file__).with_name("column_words.toml")
_SHORT = 1
_CUT_LENGTH = 10
"""The longest name of a column of a shapefile, at which longer ones are cut."""
_LEAST_CUT = 3
_CAMEL = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PARTS = re.compile(r"[^\W\d_]+|\d+")
_MAX_NAME, _MAX_TOKEN = 100, 40
_FILLERS = frozenset(
    {
        *("de", "del", "do", "dos", "da", "das", "di", "dello", "du", "des", "la", "las", "le", "les", "el", "los"),
        *("der", "die", "den", "det", "und", "van", "et", "of", "the"),
    }
)
"""Words without meaning for a column, as in Código de vía."""


@cache
def _words() -> Mapping[str, frozenset[str]]:
    words: dict[str, set[str]] = {}
    for concept, listed in tomllib.loads(_FILE.read_text(encoding="utf-8")).items():
        for word in listed.split():
            words.setdefault(_plain(word), set()).add(concept)
    return {word: frozenset(concepts) for word, concepts in words.items()}


def name_concepts(name: str) -> list[frozenset[str]]:
    """Return the concepts of each word of a name in order; an empty set for unknown letters.

    A name of a table before a dot does not count. Words need no separator (`situsaddnum`), and the last one may be cut.
    """
    last = name[:_MAX_NAME].rstrip(".").rpartition(".")[2]
    whole = _words().get(_plain(re.sub(r"[\s_-]+", "", last)))
    if whole is not None:
        return [whole]
    is_cut = len(last) >= _CUT_LENGTH
    tokens = [token for part in _PARTS.findall(last) for token in _CAMEL.split(part) if not token.isdigit()]
    plain = [word for token in tokens if (word := _plain(token)) not in _FILLERS]
    return [
        concepts
        for number, token in enumerate(plain, 1)
        for concepts in _divide(token, is_cut and number == len(plain))
    ]


def _plain(text: str) -> str:
    """Return a text in lower case without diacritics of Latin letters."""
    return fold_accents(text).casefold().replace("þ", "th")


def _divide(token: str, is_cut: bool) -> list[frozenset[str]]:  # noqa: FBT001 - whether the end of a name may be missing
    """Return the concepts of the words in a token: as few words as possible, and all letters in words if possible."""
    if token in _words():
        return [_words()[token]]
    if len(token) > _MAX_TOKEN:
        return [frozenset()]
    # best[n] is the cost of the first n letters, and the words that lead there.
    best: list[tuple[float, list[frozenset[str]]]] = [(0.0, [])]
    for end in range(1, len(token) + 1):
        options = [(best[end - 1][0] + 3.0, [*best[end - 1][1], frozenset[str]()])]
        for start in range(end):
            for concepts, cost in _matches(token[start:end], is_cut and end == len(token)):
                options.append((best[start][0] + cost, [*best[start][1], concepts]))
        best.append(min(options, key=lambda option: option[0]))
    return _merge_unknown(best[-1][1])


def _matches(text: str, is_cut: bool) -> Iterator[tuple[frozenset[str], float]]:  # noqa: FBT001 - see above
    concepts = _words().get(text)
    if concepts is not None and len(text) > _SHORT:
        yield concepts, 1.0 + 1.0 / len(text)
    elif is_cut and len(text) >= _LEAST_CUT:
        longer = [word for word in _words() if word.startswith(text)]
        if longer:
            yield frozenset[str]().union(*(_words()[word] for word in longer)), 1.5 + 1.0 / len(text)


def _merge_unknown(words: list[frozenset[str]]) -> list[frozenset[str]]:
    """Return the words with one empty set for each run of unknown letters."""
    return [word for index, word in enumerate(words) if word or not index or words[index - 1]]
