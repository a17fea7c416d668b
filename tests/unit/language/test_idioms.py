"""The guard finds sentences that read as translated, and leaves their plain forms alone."""

from pathlib import Path

import pytest

from support.language.phrases import find, load
from support.language.text import Text

ROOT = Path(__file__).parents[3]
TRANSLATED = [
    "The report holds that which the container sent.",
    "Return the runs of which the last has ended.",
    "The run that is to become live has no data.",
    "A comment is to be written.",
    "Each message is applied by itself.",
    "The jobs run by themselves, within the quota.",
    "Each message has a transaction of its own.",
    "Services have credentials of their own, in a secret.",
    "A row that does not fit stays as it is.",
    "The values of the server, as far as they are known.",
    "The relay sends the messages of all runs in turn.",
    "Wait until then; in the meantime the stack is supervised.",
    "Each page has its policy.",
    "Connect to a database; a replica will do.",
    "Nothing is fetched in vain.",
    "A lost message does no harm.",
    "Locks the row so that no other run starts, so that both end.",
]
PLAIN = [
    "The report holds the message of the container.",
    "The run becomes live; a comment is needed.",
    "Each message is applied individually, in its own transaction.",
    "A container reads the files of its own attempt.",
    "The definition is checked as it is read, before the file is kept unchanged.",
    "The relay alternates between runs.",
    "A job has its own reason.",
]


def _phrases(words: str, kind: str) -> list[str]:
    return [finding.say for finding in find([Text("docs/x.md", 1, kind, words)], load(ROOT), ROOT)]


@pytest.mark.parametrize("kind", ["page", "help", "openapi", "doc", "docstring", "comment"])
def test_guard_translated_sentence_is_found(kind: str) -> None:
    assert [words for words in TRANSLATED if not _phrases(words, kind)] == []


@pytest.mark.parametrize("words", PLAIN, ids=range(len(PLAIN)))
def test_guard_plain_sentence_passes(words: str) -> None:
    assert _phrases(words, "doc") == []
