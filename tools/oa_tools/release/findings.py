"""Findings of the vulnerability scan of an image, and the accepted ones of `.ci/accepted-findings`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from oa_tools.release.programs import ReleaseError

JsonObject = Mapping[str, object]
CRITICAL = "CRITICAL"
_FIELDS = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """A vulnerability in a package of an image."""

    name: str
    package: str
    severity: str


@dataclass(frozen=True, slots=True)
class AcceptedFinding:
    """A vulnerability that does not block a release until a day, and why."""

    name: str
    until: date
    reason: str


def read_accepted(path: Path) -> dict[str, AcceptedFinding]:
    """Return the accepted findings by name, from lines `CVE-2026-1234 2027-01-31 # reason`. Raises ReleaseError."""
    accepted: dict[str, AcceptedFinding] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        fields, _, reason = line.partition("#")
        words = fields.split()
        if len(words) != _FIELDS or not reason.strip():
            raise ReleaseError(f"{path}:{number}: {line!r} is not `NAME YYYY-MM-DD # reason`")
        try:
            until = date.fromisoformat(words[1])
        except ValueError as error:
            raise ReleaseError(f"{path}:{number}: {words[1]!r} is not a day such as 2027-01-31") from error
        accepted[words[0]] = AcceptedFinding(words[0], until, reason.strip())
    return accepted


def read_findings(scan: JsonObject) -> Iterator[Finding]:
    """Yield the findings in `imageScanFindings` of ECR, of its basic and of its enhanced scan."""
    for finding in _objects(scan.get("findings")):
        attributes = {str(each["key"]): str(each["value"]) for each in _objects(finding.get("attributes"))}
        yield Finding(str(finding["name"]), attributes.get("package_name", "unknown"), str(finding["severity"]))
    for finding in _objects(scan.get("enhancedFindings")):
        details = finding.get("packageVulnerabilityDetails")
        vulnerability = details if isinstance(details, dict) else {}
        packages = [str(each["name"]) for each in _objects(vulnerability.get("vulnerablePackages"))]
        name = str(vulnerability.get("vulnerabilityId", finding.get("title")))
        yield Finding(name, ", ".join(packages) or "unknown", str(finding["severity"]))


def blocking_findings(
    findings: Iterable[Finding], accepted: Mapping[str, AcceptedFinding], today: date
) -> dict[Finding, str]:
    """Return the critical findings that are not accepted today, each with the reason why it blocks."""
    blocking: dict[Finding, str] = {}
    for finding in findings:
        exception = accepted.get(finding.name)
        if finding.severity != CRITICAL or (exception is not None and today <= exception.until):
            continue
        blocking[finding] = "is not accepted" if exception is None else f"was accepted until {exception.until} only"
    return blocking


def _objects(value: object) -> list[JsonObject]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
