"""Each button that opens a form closes like the others: by Escape, by a click outside, one at a time."""

import re
from pathlib import Path

import oa_api

TEMPLATES = Path(oa_api.__file__).parent / "templates"
_OPENED_BY_A_BUTTON = re.compile(r'<details([^>]*)><summary class="button')


def test_each_form_behind_a_button_is_a_confirmation() -> None:
    found = [
        (template.name, attributes)
        for template in sorted(TEMPLATES.rglob("*.html"))
        for attributes in _OPENED_BY_A_BUTTON.findall(template.read_text())
    ]
    assert len(found) >= 2
    assert [each for each in found if each[1] != ' class="confirm" name="confirm"'] == []
