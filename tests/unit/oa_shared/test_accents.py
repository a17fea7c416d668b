"""Accents are folded in one place, the same everywhere; other scripts stay as they are."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oa_shared.accents import fold_accents

_ROOT = Path(__file__).parents[3]
_CODE = sorted(
    path for part in ("services", "shared", "cli", "local", "tools") for path in (_ROOT / part).rglob("*.py")
)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Číslo domovní", "Cislo domovni"),
        ("Straße", "Strasse"),
        ("STRAẞE", "STRASSE"),
        ("Łódź", "Lodz"),
        ("Ærø", "AEro"),
        ("Đà Nẵng", "Da Nang"),
        ("İstanbul \u0131", "Istanbul i"),
        ("m² ﬁn", "m² ﬁn"),
        ("が한국 हिन्दी", "が한국 हिन्दी"),
    ],
)
def test_text_is_folded_and_keeps_its_case(text: str, plain: str) -> None:
    assert fold_accents(text) == plain
    assert fold_accents(unicodedata.normalize("NFD", text)) == plain


@given(st.text())
def test_folding_again_changes_nothing(text: str) -> None:
    once = fold_accents(text)
    assert fold_accents(once) == once


def test_no_other_module_folds_accents() -> None:
    decomposing = {
        str(path.relative_to(_ROOT))
        for path in _CODE
        if any(f'normalize("{form}"' in path.read_text("utf-8") for form in ("NFD", "NFKD"))
    }
    # The columns of the fabric are folded by expressions of polars.
    polars = "services/task/src/oa_task/products/address_normalization.py"
    assert decomposing == {"shared/src/oa_shared/accents.py", polars}
