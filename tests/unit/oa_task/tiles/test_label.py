from oa_task.tiles.label import attribution_html


def test_attribution_html_escapes_untrusted_text() -> None:
    assert attribution_html(["<script>", "", "b", "b"]) == "&lt;script&gt;, b"


def test_attribution_html_of_a_long_text_ends() -> None:
    assert attribution_html(["x" * 900]) == "x" * 500


def test_attribution_html_without_a_credit_is_empty() -> None:
    assert attribution_html(["", ""]) == ""


def test_attribution_html_of_many_states_how_many_more() -> None:
    text = attribution_html(f"{number:02}" for number in range(25))
    assert text.endswith("19 and 5 others")
