"""Remarks about a definition, and the lines of its text around each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypedDict

from oa_shared.definition_check.findings import Severity

MAX_REMARKS = 200
MAX_MESSAGE = 600
_CONTEXT_LINES = 2
_MAX_LINE = 300
_MAX_SHOWN_LINES = 1_000
_TAB = "    "
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class RemarkJson(TypedDict):
    """A remark as the database stores it."""

    line: int
    severity: str
    code: str
    pointer: str
    message: str


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong with, or notable about, a line of a text; `line` counts from 1, `pointer` is a JSON pointer."""

    line: int
    severity: Severity
    code: str
    pointer: str
    message: str

    @classmethod
    def of(cls, stored: RemarkJson) -> "Remark":
        """Return a stored remark."""
        return cls(stored["line"], Severity(stored["severity"]), stored["code"], stored["pointer"], stored["message"])

    def as_json(self) -> RemarkJson:
        """Return the remark as the database stores it."""
        return RemarkJson(
            line=self.line,
            severity=str(self.severity),
            code=self.code,
            pointer=self.pointer,
            message=self.message[:MAX_MESSAGE],
        )


@dataclass(frozen=True, slots=True)
class AnnotatedLine:
    """A line of the definition with the remarks about it."""

    number: int
    text: str
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines that follow each other."""

    lines: tuple[AnnotatedLine, ...]


def quote_lines(text: str, remarks: Sequence[Remark]) -> list[Excerpt]:
    """Return the lines with remarks, each with two lines before and after it; excerpts that touch are one."""
    if not remarks:
        return []
    lines = text.split("\n")
    by_line: dict[int, list[Remark]] = {}
    for remark in remarks:
        by_line.setdefault(min(max(remark.line, 1), len(lines)), []).append(remark)
    quoted = [
        AnnotatedLine(number, _clean(lines[number - 1]), tuple(by_line.get(number, ())))
        for number in sorted(_near(by_line, len(lines)))[:_MAX_SHOWN_LINES]
    ]
    return list(_split(quoted))


def _near(numbers: Sequence[int] | dict[int, list[Remark]], last: int) -> set[int]:
    return {
        near
        for number in numbers
        for near in range(max(1, number - _CONTEXT_LINES), min(last, number + _CONTEXT_LINES) + 1)
    }


def _split(lines: Sequence[AnnotatedLine]) -> Iterator[Excerpt]:
    block: list[AnnotatedLine] = []
    for line in lines:
        if block and line.number != block[-1].number + 1:
            yield Excerpt(tuple(block))
            block = []
        block.append(line)
    if block:
        yield Excerpt(tuple(block))


def _clean(line: str) -> str:
    """Return a line without what could hide or reorder its other characters on the page."""
    shown = line.rstrip("\r")[:_MAX_LINE].replace("\t", _TAB)
    text = "".join(character if character.isprintable() else _REPLACEMENT for character in shown)
    return text if len(line) <= _MAX_LINE else f"{text}…"
