"""Messages of failures quote options in backticks and name places by JSON pointers: no page prints either."""

import re
from importlib.resources import files
from pathlib import Path

from oa_api.ui.formatting import code_spans

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


def test_pages_and_mails_print_names_of_values_in_place_of_pointers() -> None:
    templates = [path for path in TEMPLATES.rglob("*.*") if path.suffix in {".html", ".txt"}]
    printed = [(path.name, found) for path in templates for found in EXPRESSION.findall(path.read_text("utf-8"))]
    of_pointers = [each for each in printed if re.search(r"\bpointer\b|^ rule\b(?!\.)", each[1])]
    # A message that is cut in the middle of a pointer names another place.
    cut = [each for each in printed if MESSAGE.search(each[1]) and "truncate" in each[1]]
    plain = [each for each in printed if each[0].endswith(".txt") and MESSAGE.search(each[1])]
    assert min(map(len, (of_pointers, cut, plain))) > 0
    assert [each for each in of_pointers if "code_spans" not in each[1]] == []
    assert [each for each in [*cut, *plain] if "name_places" not in each[1]] == []
    assert code_spans("/layers/addresses/0/conform/number <") == "<code>conform.number</code> &lt;"
