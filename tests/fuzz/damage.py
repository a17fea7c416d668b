"""Damage layers of every format that GDAL reads at random places: `python -m fuzz.damage 2000`, in `tests`.

No row may be missing without a failure, a bad row or a warning; any exception other than a TaskFailure is a bug.
Prints the number of inputs.
"""

import sys
import tempfile
import warnings
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from fuzz.searching import search_settings
from support.damage import FORMATS, Damage, copy_damaged, is_loss_silent, write_rows

# Smaller damage may change a value, or its null mark, into another that is valid: no count shows that.
_LEAST_BYTES = 1_000
_ROWS = 500


@st.composite
def _damages(draw: st.DrawFn) -> tuple[str, Damage]:
    kind = draw(st.sampled_from(sorted(FORMATS)))
    member = draw(st.sampled_from(FORMATS[kind][2]))
    place = draw(st.floats(0, 0.9999))
    if draw(st.booleans()):
        return kind, Damage(member, place)
    size = draw(st.integers(_LEAST_BYTES, 20_000))
    return kind, Damage(member, place, size, draw(st.sampled_from([b"\0", b"\xff", b"\x1a", b"<"])))


def run(inputs: int) -> int:
    """Read `inputs` damaged layers and return their number. Raises AssertionError for rows that are lost in silence."""
    count = 0
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layers = {kind: write_rows(Path(folder) / kind, kind, _ROWS) for kind in FORMATS}

        @search_settings(inputs)
        @given(_damages())
        def each(drawn: tuple[str, Damage]) -> None:
            nonlocal count
            count += 1
            kind, damage = drawn
            path = copy_damaged(layers[kind], Path(folder) / "damaged", damage)
            assert not is_loss_silent(path, kind, _ROWS), f"{kind}: rows are lost without a word"

        each()
    return count


if __name__ == "__main__":
    print(f"{run(int(sys.argv[1])):,} damaged layers read, no row lost without a word")
