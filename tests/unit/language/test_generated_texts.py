"""Helps and the OpenAPI document, as users get them, have no banned phrase; lists of commands are not cut."""

from collections.abc import Iterable
from pathlib import Path

import oa_cli.main
import oa_task.main
from oa_api.http.openapi import document
from oa_api.routes import ROUTES
from support.language.generated_texts import help_texts, openapi_texts, summaries
from support.language.phrases import find, load
from support.language.text import Text

ROOT = Path(__file__).parents[3]
PROGRAMS = {"oa": oa_cli.main.main, "oa-task": oa_task.main.main}
# A line of a list of commands is 80 characters wide, the longest name takes twelve.
SUMMARY = 60


def _findings(texts: Iterable[Text]) -> list[str]:
    return [str(finding) for finding in find(texts, load(ROOT), ROOT)]


def test_help_of_the_programs_has_no_banned_phrase() -> None:
    texts = [text for program, command in PROGRAMS.items() for text in help_texts(program, command)]
    assert len(texts) > 200
    assert _findings(texts) == []


def test_openapi_document_has_no_banned_phrase() -> None:
    texts = list(openapi_texts(document(ROUTES, "1.0.0")))
    assert len(texts) > 500
    assert _findings(texts) == []


def test_summary_of_each_command_fits_the_list() -> None:
    long = {
        name: line
        for program, command in PROGRAMS.items()
        for name, line in summaries(program, command)
        if len(line) > SUMMARY
    }
    assert long == {}
