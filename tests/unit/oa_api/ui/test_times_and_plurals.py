"""How templates write times and counts: relative times age, other times have a zone, and one thing is one."""

import re
from importlib.resources import files
from pathlib import Path

TEMPLATES = Path(str(files("oa_api") / "templates"))
_TIME = re.compile(r"\| (ago|moment|clock)\b(?!\)\[:10\])(?!\) ~ \" UTC)")
# A number and a plural, which the filter `plural` writes; a label such as "Rerun jobs" has no number.
_PLURAL = re.compile(r"""(?:\}\}|~ ") (?:more )?[a-z]+s\b""")
_NO_PLURALS = re.compile(r" (?:ms|vs|is|has|was|starts|points|needs|of this)$")
_LABELS = {"{{ preview.action.label }} jobs", 'preview.action.label ~ " jobs'}


def _find(pattern: re.Pattern[str]) -> list[tuple[str, str, str]]:
    """Return the places of all templates except the components: file, line, match."""
    return [
        (path.name, line, match[0])
        for path in sorted(TEMPLATES.rglob("*.html"))
        if path.name != "components.html"
        for line in path.read_text("utf-8").splitlines()
        for match in pattern.finditer(line)
    ]


def test_only_the_components_write_times() -> None:
    assert [(name, match) for name, _, match in _find(_TIME)] == []


def test_numbers_are_written_with_the_plural_filter() -> None:
    found = [
        (name, line[max(0, line.index(match) - 40) : line.index(match) + len(match)])
        for name, line, match in _find(_PLURAL)
        if not _NO_PLURALS.search(match)
    ]
    assert [each for each in found if not each[1].endswith(tuple(_LABELS))] == []
