"""Whether policies allow a request, by the rules of IAM within one account.

The emulated account enforces policies with this module, and the comparison of calls and permissions uses it too. It
imports the standard library only, because the emulator runs in its own environment.
docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html describes the evaluation.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

# A policy document, or a part of one.
Json = Mapping[str, object]


class UnsupportedPolicyError(Exception):
    """A policy uses a part of the language that is not implemented here."""


@dataclass(frozen=True, slots=True)
class PolicyRequest:
    """A request as policies see it.

    `principal` is the ARN of a role or the name of a service; `context` has the keys of conditions in lower case.
    """

    principal: str
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_of_service(self) -> bool:
        """Return whether AWS itself makes the request."""
        return self.principal.endswith(".amazonaws.com")


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a request is allowed, and the Sid of the statement that decides; empty if none does."""

    is_allowed: bool
    statement: str = ""


def decide(request: PolicyRequest, identity: Sequence[Json], resource: Sequence[Json] = ()) -> Decision:
    """Return the decision: a denial in any policy wins; else one statement of the role or of the resource allows it.

    Raises UnsupportedPolicyError.
    """
    allowing = None
    own = [statement for policy in identity for statement in statements_of(policy)]
    foreign = [statement for policy in resource for statement in statements_of(policy)]
    for statement, needs_principal in [*((each, False) for each in own), *((each, True) for each in foreign)]:
        if not _concerns(statement, request, needs_principal=needs_principal):
            continue
        sid = str(statement.get("Sid", ""))
        if statement["Effect"] == "Deny":
            return Decision(is_allowed=False, statement=sid)
        allowing = allowing or Decision(is_allowed=True, statement=sid)
    return allowing or Decision(is_allowed=False)


def statements_of(policy: Json) -> list[Json]:
    """Return the statements of a policy document."""
    statements = policy["Statement"]
    return list(statements) if isinstance(statements, list) else [statements]  # type: ignore[list-item]


def _concerns(statement: Json, request: PolicyRequest, *, needs_principal: bool) -> bool:
    return (
        _matches_element(statement, "Action", request.action)
        and _matches_element(statement, "Resource", request.resource)
        and (not needs_principal or _matches_principal(statement.get("Principal"), request))
        and all(_holds(test, request) for test in _tests(statement))
    )


def _matches_element(statement: Json, name: str, value: str) -> bool:
    if name in statement:
        return any(matches(pattern, value) for pattern in _as_list(statement[name]))
    return not any(matches(pattern, value) for pattern in _as_list(statement[f"Not{name}"]))


def _matches_principal(principal: object, request: PolicyRequest) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, Mapping) or set(principal) - {"AWS", "Service"}:
        raise UnsupportedPolicyError(f"Principal {principal!r}")
    if request.is_of_service:
        return request.principal in _as_list(principal.get("Service", ()))
    return bool({"*", request.principal} & set(_as_list(principal.get("AWS", ()))))


@dataclass(frozen=True, slots=True)
class _ConditionTest:
    operator: str
    key: str
    values: tuple[str, ...]


def _tests(statement: Json) -> Iterator[_ConditionTest]:
    conditions = statement.get("Condition") or {}
    if not isinstance(conditions, Mapping):
        raise UnsupportedPolicyError(f"Condition {conditions!r}")
    for operator, keys in conditions.items():
        for key, values in keys.items():
            yield _ConditionTest(operator, key.lower(), tuple(_as_list(values)))


def _holds(test: _ConditionTest, request: PolicyRequest) -> bool:
    """Return whether a test of a condition holds; a key that the request lacks matches no value."""
    actual = {"aws:principalarn": request.principal, **request.context}.get(test.key)
    match test.operator:
        case "Null":
            return str(actual is None).lower() in test.values
        case "Bool":
            return actual is not None and actual.lower() in test.values
        case "StringEquals":
            return actual in test.values
        case "StringLike" | "ArnEquals" | "ArnLike":
            return actual is not None and any(matches(pattern, actual) for pattern in test.values)
        case _:
            raise UnsupportedPolicyError(f"operator {test.operator} of a condition")


def _as_list(value: object) -> list[str]:
    return [value] if isinstance(value, str) else [str(each) for each in value]  # type: ignore[attr-defined]


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in pattern), re.DOTALL)


def matches(pattern: str, value: str) -> bool:
    """Return whether a value matches a pattern of a policy, in which `*` and `?` stand for any characters."""
    return _compile(pattern).fullmatch(value) is not None
