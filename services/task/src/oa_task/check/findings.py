"""What a check has to say: how grave, where, and in words."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """`error`: no data can come of it. `warning`: not what its author means. `hint`: could be said more simply."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One remark; `pointer` is a JSON pointer (RFC 6901) into the definition, `code` is for machines."""

    severity: Severity
    pointer: str
    code: str
    message: str

    def plain(self) -> dict[str, Any]:
        """Return the finding as JSON holds it."""
        return asdict(self)


def error(pointer: str, code: str, message: str) -> LintFinding:
    """Return a finding that keeps data from coming."""
    return LintFinding(Severity.ERROR, pointer, code, message)


def warning(pointer: str, code: str, message: str) -> LintFinding:
    """Return a finding that its author will want to know."""
    return LintFinding(Severity.WARNING, pointer, code, message)


def hint(pointer: str, code: str, message: str) -> LintFinding:
    """Return a finding that makes a definition shorter or its data more useful."""
    return LintFinding(Severity.HINT, pointer, code, message)


def child_pointer(pointer: str, *parts: object) -> str:
    """Return the pointer of something inside: each part escaped as RFC 6901 wants it."""
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    return "".join([pointer, *(f"/{part}" for part in escaped)])
