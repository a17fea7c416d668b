"""The calls of the code against the policies of terraform/: nothing needed is missing, nothing granted is unused."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from oa_tools.deployment.aws_calls import AdapterMethods, CallError, PortUse, PortUseReader, read_adapters
from oa_tools.deployment.port_uses import (
    ACTIONS_OF_AWS,
    ANY,
    ATTEMPT_ROLE,
    BATCH_DEFINITION,
    BATCH_JOB,
    BATCH_QUEUE,
    BUCKET,
    IAM_ACTIONS,
    PASSWORD,
    SEE_ABSENCE,
    USES,
    Use,
)
from oa_tools.deployment.terraform import PolicyStatement, StackOutputs, TerraformError

# The kinds of resources by their ARNs; a group names the queue or the prefix of keys.
_RESOURCES = (
    (re.compile(r"arn:[\w-]+:sqs:[\w-]+:\d+:oa-\w+?-([\w-]+)"), r"\1"),
    (re.compile(r"arn:[\w-]+:s3:::[\w.-]+/(.+)"), r"\1"),
    (re.compile(r"arn:[\w-]+:s3:::[\w.-]+"), BUCKET),
    (re.compile(r"arn:[\w-]+:batch:[\w-]+:\d+:job-queue/.*"), BATCH_QUEUE),
    (re.compile(r"arn:[\w-]+:batch:[\w-]+:\d+:job-definition/.*"), BATCH_DEFINITION),
    (re.compile(r"arn:[\w-]+:batch:[\w-]+:\d+:job/\*"), BATCH_JOB),
    (re.compile(r"arn:[\w-]+:secretsmanager:[\w-]+:\d+:secret:.+"), PASSWORD),
    (re.compile(r"arn:[\w-]+:iam::\d+:role/oa-\w+?-attempt"), ATTEMPT_ROLE),
    (re.compile(r"\*"), ANY),
)


@dataclass(frozen=True, order=True, slots=True)
class Permission:
    """An action that a role may do, or needs to do, on a resource."""

    role: str
    action: str
    resource: str

    def __str__(self) -> str:
        return f"{self.role}: {self.action} on {self.resource}"


def compare_permissions(root: Path, outputs: StackOutputs) -> str:
    """Compare the calls of the code with the policies of a stack. Raises TerraformError with every difference."""
    methods = read_adapters(root)
    uses = PortUseReader(root, methods).read()
    needed = find_needed(methods, uses)
    statements = [each for each in outputs["policy_statements"] if each["principal"] == "self"]
    check_statements(needed, statements)
    return (
        f"{len(uses)} calls of ports that make {len(needed)} actions on resources, held against "
        f"{len(statements)} statements of roles in both directions"
    )


def check_statements(needed: Mapping[Permission, str], statements: Sequence[PolicyStatement]) -> None:
    """Raise TerraformError with what the statements lack of the needed permissions, and with what they have beyond."""
    granted = find_granted(statements)
    problems = [
        *(f"missing in the policies: {each} ({needed[each]})" for each in sorted(needed.keys() - granted.keys())),
        *(f"granted without use: {each} ({granted[each]})" for each in sorted(granted.keys() - needed.keys())),
        *find_surplus_of_aws(statements),
    ]
    if problems:
        raise TerraformError("\n".join(problems))


def find_needed(methods: AdapterMethods, uses: Sequence[PortUse]) -> dict[Permission, str]:
    """Return what the code needs, each with a place that needs it. Raises CallError if USES differs from the code."""
    found = {(use.module, use.method): use.place for use in uses}
    stated = {(module, method) for module, rows in USES.items() for method in rows}
    problems = [
        f"{place}: {module} calls {method}"
        for (module, method), place in found.items()
        if (module, method) not in stated
    ]
    problems += [f"{module} no longer calls {method}" for module, method in sorted(stated - found.keys())]
    if problems:
        raise CallError("oa_tools.deployment.port_uses differs from the code: " + "; ".join(problems))
    unknown = {
        call for rows in methods.calls.values() for calls in rows.values() for call in calls
    } - IAM_ACTIONS.keys()
    if unknown:
        raise CallError(f"oa_tools.deployment.port_uses has no action of IAM for {', '.join(sorted(unknown))}")
    return {
        permission: found[module, method]
        for module, rows in USES.items()
        for method, of_roles in rows.items()
        for use in of_roles
        for permission in _permissions_of(use, methods.of(method))
    }


def _permissions_of(use: Use, calls: frozenset[str]) -> Iterator[Permission]:
    for call in calls:
        for action in IAM_ACTIONS[call]:
            yield from (Permission(use.role, action, each) for each in use.apart.get(call, use.resources))
    if use.may_be_absent:
        yield Permission(use.role, SEE_ABSENCE, BUCKET)


def find_granted(statements: Sequence[PolicyStatement]) -> dict[Permission, str]:
    """Return what the policies of the roles of our processes allow, each with its statement. Raises TerraformError."""
    roles = {use.role for rows in USES.values() for of_roles in rows.values() for use in of_roles}
    granted = {}
    for statement in statements:
        role = statement["role"].rpartition("-")[2]
        if role not in roles or statement["role"].count("-") != 2:  # noqa: PLR2004 - oa, the stack and the role
            continue
        if statement["effect"] != "Allow":
            raise TerraformError(f"{statement['id']}: only statements that allow are compared")
        for action in statement["actions"]:
            for resource in statement["resources"]:
                granted[Permission(role, action, name_resource(resource))] = statement["id"]
    return granted


def name_resource(arn: str) -> str:
    """Return the resource of an ARN as USES names it. Raises TerraformError for an unknown kind."""
    for pattern, name in _RESOURCES:
        if match := pattern.fullmatch(arn):
            return match.expand(name)
    raise TerraformError(f"a policy has a resource of an unknown kind: {arn}")


def find_surplus_of_aws(statements: Sequence[PolicyStatement]) -> list[str]:
    """Return what differs in the statements of the roles that AWS itself uses."""
    problems = []
    for ending, expected in ACTIONS_OF_AWS.items():
        of_role = (each["actions"] for each in statements if each["role"].endswith(ending))
        granted = {action for actions in of_role for action in actions}
        if granted != expected:
            missing, surplus = sorted(expected - granted), sorted(granted - expected)
            problems.append(f"roles *{ending}: missing {missing}, granted without use {surplus}")
    return problems
