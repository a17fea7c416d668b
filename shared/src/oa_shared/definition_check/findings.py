"""The findings of a check."""

from dataclasses import asdict, dataclass
from enum import StrEnum

from oa_shared.json_types import JsonObject


class Severity(StrEnum):
    """`error`: the entry cannot produce data. `warning`: probably not intended. `hint`: can be simpler or better."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class LintFinding:
    """A finding: `pointer` is a JSON pointer (RFC 6901) into the definition, `code` is for programs."""

    severity: Severity
    pointer: str
    code: str
    message: str

    @property
    def is_hint(self) -> bool:
        """Return whether the finding is only a hint."""
        return self.severity is Severity.HINT

    def as_json(self) -> JsonObject:
        """Return the finding as a JSON object."""
        return asdict(self)


def error(pointer: str, code: str, message: str) -> LintFinding:
    """Return an error."""
    return LintFinding(Severity.ERROR, pointer, code, message)


def warning(pointer: str, code: str, message: str) -> LintFinding:
    """Return a warning."""
    return LintFinding(Severity.WARNING, pointer, code, message)


def hint(pointer: str, code: str, message: str) -> LintFinding:
    """Return a hint."""
    return LintFinding(Severity.HINT, pointer, code, message)


def child_pointer(pointer: str, *parts: object) -> str:
    """Return the pointer of a member; the parts are escaped by RFC 6901."""
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    return "".join([pointer, *(f"/{part}" for part in escaped)])
