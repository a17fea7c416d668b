"""Control characters of untrusted text never reach a terminal."""

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from oa_shared.terminal_text import escape_controls, strip_controls

DANGEROUS = [chr(code) for code in range(0x100) if unicodedata.category(chr(code)) == "Cc" and code not in (9, 10)]


@given(st.text())
def test_text_without_controls_keeps_everything_else(text: str) -> None:
    kept = [c for c in text if unicodedata.category(c) != "Cc" and unicodedata.bidirectional(c) not in BIDIRECTIONAL]
    shown = strip_controls(text)
    assert not set(shown) & set(DANGEROUS)
    assert [c for c in shown if c not in "\n\t"] == [c for c in kept if c not in "\u200e\u200f"]


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_with_escapes_has_the_same_value(value: object) -> None:
    shown = escape_controls(json.dumps(value, ensure_ascii=False))
    assert json.loads(shown) == value
    assert not set(shown) & set(DANGEROUS)


BIDIRECTIONAL = frozenset({"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"})
