from typing import Any

import pytest

from oa_task.tiles.label import attribution_html, credit


@pytest.mark.parametrize(
    ("license_", "expected"),
    [
        ({"attribution name": "Town of\nBend"}, "Town of Bend"),
        ({"text": "CC0"}, ""),
        ("https://example.com/terms", ""),
        (None, ""),
        ({"attribution name": "a\u202eb"}, "a?b"),
        ({"attribution name": "x" * 900}, "x" * 500),
    ],
)
def test_credit_is_the_attribution_name_of_a_license(license_: Any, expected: str) -> None:
    assert credit(license_) == expected


def test_credit_of_a_dataset_replaces_that_of_its_license() -> None:
    assert credit({"attribution name": "A"}, "B") == "B"


def test_attribution_html_escapes_untrusted_text() -> None:
    assert attribution_html(["<script>", "", "b", "b"]) == "&lt;script&gt;, b"


def test_attribution_html_of_many_states_how_many_more() -> None:
    text = attribution_html(f"{number:02}" for number in range(25))
    assert text.endswith("19 and 5 others")
