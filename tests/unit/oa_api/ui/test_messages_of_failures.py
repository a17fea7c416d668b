"""Messages of failures quote options in backticks, which no page prints."""

import re
from importlib.resources import files
from pathlib import Path

TEMPLATES = Path(str(files("oa_api") / "templates"))
EXPRESSION = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
MESSAGE = re.compile(
    r"\b(?:error_message|(?:error|item|reason|problem|job)\.message|(?:failure|group|cause)\.(?:title|hint))\b"
)


def test_each_message_of_a_failure_passes_the_filter_for_code() -> None:
    printed = [
        (path.name, expression)
        for path in TEMPLATES.rglob("*.html")
        for expression in EXPRESSION.findall(path.read_text("utf-8"))
        if MESSAGE.search(expression)
    ]
    # The box of an error applies the filter itself.
    bare = [each for each in printed if "code_spans" not in each[1] and "ui.error_box(" not in each[1]]
    assert len(printed) > 10
    assert bare == []
