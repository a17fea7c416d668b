"""Quoted lines: each remark once, at its line, with the lines around it, and no character that hides others."""

from hypothesis import given
from hypothesis import strategies as st

from oa_api.trials.remarks import Remark, quote_lines
from oa_shared.definition_check.findings import Severity


def remark(line: int) -> Remark:
    return Remark(line, Severity.ERROR, "source.schema", "/a", "wrong")


def test_excerpts_have_two_lines_around_and_join_where_they_touch() -> None:
    text = "\n".join(str(number) for number in range(1, 31))

    excerpts = quote_lines(text, [remark(3), remark(8), remark(20), remark(20)])

    assert [[line.number for line in excerpt.lines] for excerpt in excerpts] == [
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
        [18, 19, 20, 21, 22],
    ]
    assert [(line.number, len(line.remarks)) for excerpt in excerpts for line in excerpt.lines if line.remarks] == [
        (3, 1),
        (8, 1),
        (20, 2),
    ]
    assert all(line.text == str(line.number) for excerpt in excerpts for line in excerpt.lines)


@given(st.text(max_size=200), st.lists(st.integers(-5, 300), max_size=20))
def test_each_remark_is_quoted_once_and_lines_are_in_order(text: str, numbers: list[int]) -> None:
    excerpts = quote_lines(text, list(map(remark, numbers)))

    lines = [line for excerpt in excerpts for line in excerpt.lines]
    assert sum(len(line.remarks) for line in lines) == len(numbers)
    assert [line.number for line in lines] == sorted({line.number for line in lines})
    assert all(line.text.isprintable() and len(line.text) <= 1201 for line in lines)


def test_long_line_is_cut_and_controls_are_replaced() -> None:
    ((line,),) = [excerpt.lines for excerpt in quote_lines("\x1b[31m\u202e\t" + "x" * 1000, [remark(1)])]

    assert line.text.startswith("\ufffd[31m\ufffd    x")
    assert line.text.endswith("x…")
    assert len(line.text) < 400
