"""What is checked of each answer, and the figures of a probe."""

import json
from collections import Counter
from dataclasses import dataclass, field

from abuse.page_checks import read_page
from abuse.raw_http import NO_ANSWER, ProbeAnswer, ProbeRequest
from oa_api.routes import ROUTES

_SLOWEST = 5
_JSON_TYPES = frozenset({"application/json", "application/problem+json", "application/geo+json"})
# Above the time limit of a request for the database, so that a busy machine is no finding.
_SLOW_S = 6.0
_SERVER_ERROR, _UNHEALTHY = 500, 503
HEALTH_ROUTES = frozenset(route.path for route in ROUTES if route.is_health)
_PAGE = "text/html"
_HEADER_OF_PAYLOAD = "x-probe"


@dataclass(frozen=True)
class Finding:
    """What is wrong with an answer, and the request that shows it."""

    what: str
    route: str
    request: str

    def __str__(self) -> str:
        return f"{self.what}\n    {self.request}"


@dataclass
class Figures:
    """Counts of requests, and findings: one of each kind for a route."""

    requests: int = 0
    pages: int = 0
    seconds: float = 0.0
    health_faults: int = 0
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    slowest: list[tuple[float, str]] = field(default_factory=list)
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)

    def add(self, request: ProbeRequest, answer: ProbeAnswer) -> None:
        """Count an answer and check it."""
        self.requests += 1
        self.pages += answer.media_type == _PAGE
        self.statuses[request.role, answer.status] += 1
        self.slowest = sorted([*self.slowest, (answer.seconds, str(request)[:200])], reverse=True)[:_SLOWEST]
        is_health = request.route in HEALTH_ROUTES and answer.status == _UNHEALTHY
        self.health_faults += is_health
        for what in examine(answer, is_health=is_health):
            self.report(what, request)

    def report(self, what: str, request: ProbeRequest) -> None:
        """Add a finding, unless the route has one of this kind."""
        kind = what.partition(":")[0]
        self.findings.setdefault(
            (kind, f"{request.method} {request.route}"), Finding(what, request.route, str(request))
        )

    def __str__(self) -> str:
        classes: Counter[str] = Counter()
        for (_, status), count in self.statuses.items():
            classes[f"{status // 100}xx" if status else "none"] += count
        roles = {role: 0 for role, _ in self.statuses}
        for (role, _), count in self.statuses.items():
            roles[role] += count
        lines = [
            f"requests  {self.requests:,} in {self.seconds:.0f} s, {self.pages:,} of them pages",
            f"roles     {', '.join(f'{role} {count:,}' for role, count in sorted(roles.items()))}",
            f"statuses  {', '.join(f'{name} {count:,}' for name, count in sorted(classes.items()))}",
            f"health    {self.health_faults:,} of them are health checks that report the fault of a hostile row by 503",
            *(f"slowest   {seconds * 1000:,.0f} ms  {shown}" for seconds, shown in self.slowest),
            f"findings  {len(self.findings)}",
            *(f"  {finding}" for finding in self.findings.values()),
        ]
        return "\n".join(lines)


def examine(answer: ProbeAnswer, *, is_health: bool = False) -> list[str]:
    """Return what is wrong with an answer, whatever the request; `is_health` is one that reports a fault by 503."""
    if answer.status == NO_ANSWER:
        return [f"no answer: {answer.text[:200]}"]
    found = [f"slow: {answer.seconds:.1f} s"] if answer.seconds > _SLOW_S else []
    found += [f"{answer.status}: {answer.text[:300]}"] if answer.status >= _SERVER_ERROR and not is_health else []
    policy = answer.headers.get("content-security-policy", "")
    if answer.media_type == _PAGE:
        found += [] if "default-src 'none'; script-src 'self'" in policy else [f"page without its policy: {policy!r}"]
        found += read_page(answer.text).findings
    elif "sandbox" not in policy:
        found.append(f"response outside of the sandbox: {answer.media_type} has policy {policy!r}")
    if answer.headers.get("x-content-type-options") != "nosniff":
        found.append("response without nosniff")
    if _HEADER_OF_PAYLOAD in answer.headers:
        found.append("a value became a header")
    location = answer.headers.get("location", "")
    if location and not _is_on_this_site(location):
        found.append(f"redirect to another site: {location[:200]!r}")
    if answer.media_type in _JSON_TYPES and answer.body:
        found += _examine_json(answer)
    return found


def _is_on_this_site(location: str) -> bool:
    return location.startswith("/") and not location.startswith(("//", "/\\"))


def _examine_json(answer: ProbeAnswer) -> list[str]:
    try:
        json.loads(answer.body.decode(), parse_constant=_refuse)
    except ValueError as error:
        return [f"response is not JSON: {error}"]
    return []


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
