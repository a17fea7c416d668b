"""The banned phrases, and where the texts of a checkout use them."""

import re
import tomllib
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

from support.language.text import Text

BANNED = Path(__file__).parents[2] / "unit/language/banned_phrases.toml"
GLOSSARY = "docs/glossary.md"
ALLOWED = re.compile(r"language-ok: \S+")
_SEPARATOR = "\x00"
# What depends on the beginning or the end of a text must see that text alone.
_AT_AN_EDGE = re.compile(r"\\A|\\Z|(?<!\[)\^|\$|\(\?<(?!!\\w\))")
_USER = frozenset({"page", "message", "help", "openapi", "doc"})
_GROUPS = {
    "user": _USER,
    "prose": _USER | {"docstring", "comment", "test"},
    "all": _USER | {"docstring", "comment", "test", "log", "name"},
}


@dataclass(frozen=True, slots=True)
class Phrase:
    """A pattern that no text of certain kinds may have, and what to say instead."""

    pattern: re.Pattern[str]
    say: str
    kinds: frozenset[str]
    files: re.Pattern[str] | None
    not_files: re.Pattern[str] | None

    def applies_to(self, text: Text) -> bool:
        """Return whether the phrase is banned in a text of this kind and file."""
        if text.kind not in self.kinds or (self.not_files and self.not_files.search(text.file)):
            return False
        return self.files is None or bool(self.files.search(text.file))


@dataclass(frozen=True, slots=True)
class Finding:
    """One use of a banned phrase."""

    file: str
    line: int
    kind: str
    words: str
    say: str

    def __str__(self) -> str:
        """Return the line that a report prints."""
        return f"{self.file}:{self.line}: [{self.kind}] {self.words!r} -> {self.say}"


@dataclass(frozen=True, slots=True)
class Term:
    """One term of the glossary, and the words not to use for it."""

    name: str
    meaning: str
    not_words: tuple[str, ...]


def terms(root: Path) -> list[Term]:
    """Read the glossary of a checkout; none where it has no glossary."""
    path = root / GLOSSARY
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return [
        Term(name, meaning, tuple(word.strip() for word in words.split(";") if word.strip()))
        for name, meaning, words in rows
        if name != "Term"
    ]


def load(root: Path, path: Path = BANNED) -> list[Phrase]:
    """Read the list, and the glossary of a checkout. Raises KeyError for an entry without its parts."""
    document = tomllib.loads(path.read_text("utf-8"))
    entries = [_phrase(entry, entry["scopes"]) for entry in document["phrase"]]
    for group in document["exact"]:
        entries += [_exact(old, say, group["scopes"]) for old, say in group["texts"].items()]
    return entries + [_unwanted(word, term) for term in terms(root) for word in term.not_words]


def _unwanted(word: str, term: Term) -> Phrase:
    plural = "s?" if word[-1].isalpha() and not word.endswith("s") else ""
    pattern = _compile(rf"\b{re.escape(word)}{plural}\b", ignore_case=True)
    return Phrase(pattern, f"{term.name} (docs/glossary.md)", _USER, None, None)


def _phrase(entry: dict[str, object], scopes: Iterable[str]) -> Phrase:
    def optional(key: str) -> re.Pattern[str] | None:
        return re.compile(str(entry[key])) if key in entry else None

    pattern = _compile(str(entry["pattern"]), ignore_case=bool(entry.get("ignore_case", True)))
    return Phrase(pattern, str(entry["say"]), _kinds(scopes), optional("files"), optional("not_files"))


def _exact(old: str, say: str, scopes: Iterable[str]) -> Phrase:
    """Return a phrase to the letter; between bars, `|Care|`, it is the whole of a text."""
    if old.startswith("|"):
        pattern = rf"\A\s*{re.escape(old.strip('|'))}\s*\Z"
    else:
        pattern = rf"(?<!\w){re.escape(old)}" + (r"(?!\w)" if old[-1].isalnum() else "")
    return Phrase(_compile(pattern, ignore_case=False), say, _kinds(scopes), None, None)


def _compile(pattern: str, *, ignore_case: bool) -> re.Pattern[str]:
    """Compile a pattern whose blanks may be line breaks too."""
    fixed = re.sub(r"\(\?<[=!][^()]*\)", lambda before: before[0].replace(" ", r"\s"), pattern)
    spaced = re.sub(r"(\\ | )(?![*+?{])", r"\\s+", fixed)
    return re.compile(spaced, (re.IGNORECASE if ignore_case else 0) | re.MULTILINE)


def _kinds(scopes: Iterable[str]) -> frozenset[str]:
    return frozenset(kind for scope in scopes for kind in _GROUPS.get(scope, {scope}))


class _JoinedTexts:
    """Texts of one kind as one string: a phrase is searched in all of them at once, which takes a third of the time."""

    def __init__(self, texts: Sequence[Text]) -> None:
        self._texts = texts
        self._all = _SEPARATOR.join(text.words for text in texts)
        lengths = (len(text.words) + len(_SEPARATOR) for text in texts[:-1])
        self._starts = list(accumulate(lengths, initial=0))

    def find_candidates(self, phrase: Phrase) -> Iterator[Text]:
        """Yield each text that may have the phrase."""
        if _AT_AN_EDGE.search(phrase.pattern.pattern):
            yield from self._texts
            return
        found = phrase.pattern.search(self._all)
        while found is not None:
            # What begins in a text and reaches into the next one hides nothing: the next search begins there.
            place = bisect_right(self._starts, found.start())
            yield self._texts[place - 1]
            found = phrase.pattern.search(self._all, self._starts[place]) if place < len(self._starts) else None


def find(texts: Iterable[Text], phrases: Iterable[Phrase], root: Path) -> list[Finding]:
    """Return each use of a phrase whose line does not end in `language-ok:` with a reason, by file and line."""
    listed, by_kind = list(phrases), defaultdict[str, list[Text]](list)
    for text in texts:
        by_kind[text.kind].append(text)
    findings = []
    for kind, group in by_kind.items():
        joined = _JoinedTexts(group)
        for phrase in (phrase for phrase in listed if kind in phrase.kinds):
            for text in joined.find_candidates(phrase):
                findings += _find_in(text, phrase, root)
    return sorted(findings, key=lambda finding: (finding.file, finding.line))


def _find_in(text: Text, phrase: Phrase, root: Path) -> Iterator[Finding]:
    if not phrase.applies_to(text):
        return
    for found in phrase.pattern.finditer(text.words):
        line = text.line + text.words.count("\n", 0, found.start())
        if not ALLOWED.search("".join(_lines(root / text.file)[line - 1 : line])):
            yield Finding(text.file, line, text.kind, _around(text.words, found), phrase.say)


@cache
def _lines(path: Path) -> list[str]:
    """Return the lines of a file; none where the text is not of a file."""
    return path.read_text("utf-8").splitlines() if path.is_file() else []


def _around(words: str, found: re.Match[str]) -> str:
    """Return the use with a few words on both sides."""
    start = max(0, found.start() - 25)
    return " ".join(words[start : found.end() + 25].split())


def area(file: str) -> str:
    """Return the part of the repository that a file belongs to: names of modules may change, those of parts do not."""
    parts = file.split("/")
    if parts[0] == "services":
        return "/".join(parts[:2])
    return parts[0]


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """Count the findings of each area."""
    return dict(sorted(Counter(area(finding.file) for finding in findings).items()))
