"""Lines end with line feeds only, in texts of sources, logs and definitions."""

from pathlib import Path

import pytest

from oa_shared.text_lines import split_lines

_ROOT = Path(__file__).parents[3]
_SEPARATORS = "\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e"
# Texts of our own files, a table in any of the forms of CSV, Markdown and cells that must have no separator at all.
_OTHER_LINES = {
    "cli/src/oa_cli/fitting_table.py",
    "services/api/src/oa_api/datasets/places.py",
    "services/api/src/oa_api/pull_requests/markup.py",
    "services/api/src/oa_api/ui/guides.py",
    "services/task/src/oa_task/conversion/candidate_columns.py",
    "services/task/src/oa_task/conversion/data_description.py",
    "services/task/src/oa_task/placement/areas.py",
}


@pytest.mark.parametrize("text", ["", "a", "a\n", "a\nb", "a\r\nb\r\n", "\n", "\n\n", "a\n\nb"], ids=repr)
def test_usual_lines_are_those_of_python(text: str) -> None:
    assert split_lines(text) == text.splitlines()
    assert split_lines(text, keep_ends=True) == text.splitlines(keepends=True)


@pytest.mark.parametrize("separator", _SEPARATORS, ids=ascii)
def test_other_separators_are_characters_of_a_line(separator: str) -> None:
    text = f"a{separator}b\nc"
    assert split_lines(text) == [f"a{separator}b", "c"]
    assert "".join(split_lines(text, keep_ends=True)) == text


def test_texts_of_others_are_not_divided_elsewhere() -> None:
    sources = [path for part in ("services/*", "shared", "cli") for path in _ROOT.glob(f"{part}/src/**/*.py")]
    dividing = {str(path.relative_to(_ROOT)) for path in sources if ".splitlines(" in path.read_text("utf-8")}
    assert dividing == _OTHER_LINES
