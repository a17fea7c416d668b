"""The changes of a second plan that are expected: attributes that the emulated account does not return."""

import re
from collections.abc import Mapping
from typing import NotRequired, TypedDict

from oa_shared.json_types import JsonMapping

# Address (without an index) → the attributes that moto does not return or returns differently.
EXPECTED: Mapping[str, frozenset[str]] = {
    "module.api.aws_ecs_service.this": frozenset(
        {"availability_zone_rebalancing", "enable_ecs_managed_tags", "health_check_grace_period_seconds"}
    ),
    "module.consumer.aws_ecs_service.this": frozenset({"availability_zone_rebalancing", "enable_ecs_managed_tags"}),
    "module.dispatcher.aws_ecs_service.this": frozenset({"availability_zone_rebalancing", "enable_ecs_managed_tags"}),
    "module.api.aws_vpc_security_group_egress_rule.load_balancer": frozenset({"description"}),
    "module.api.aws_vpc_security_group_ingress_rule.service": frozenset({"description"}),
    "module.database.aws_vpc_security_group_ingress_rule.client": frozenset({"description"}),
    "module.batch.aws_launch_template.host": frozenset({"latest_version", "tag_specifications"}),
    "module.batch.aws_batch_compute_environment.ec2_spot": frozenset({"compute_resources"}),  # depends on the template
    "module.database.aws_db_instance.this": frozenset({"performance_insights_enabled"}),
    "module.database.aws_db_parameter_group.this": frozenset({"parameter"}),
}
_INDEX = re.compile(r"\[[^\]]*\]")


class PlannedChange(TypedDict):
    """The change of a resource in the JSON of a plan."""

    actions: list[str]
    before: JsonMapping | None
    after: JsonMapping | None
    after_unknown: NotRequired[JsonMapping]


class ResourceChange(TypedDict):
    """A resource in the JSON of a plan."""

    address: str
    change: PlannedChange


class TerraformPlan(TypedDict, total=False):
    """The fields of a plan's JSON that this module reads."""

    resource_changes: list[ResourceChange]


def changes(plan: TerraformPlan) -> dict[str, tuple[str, frozenset[str]]]:
    """Return the changes of a plan: address → actions and the attributes that differ."""
    by_address = {}
    for resource in plan.get("resource_changes", ()):
        change = resource["change"]
        actions = [action for action in change["actions"] if action not in {"no-op", "read"}]
        if actions:
            by_address[resource["address"]] = ("+".join(actions), _differing(change))
    return by_address


def _differing(change: PlannedChange) -> frozenset[str]:
    before, after = change["before"] or {}, change["after"] or {}
    unknown = {name for name, value in (change.get("after_unknown") or {}).items() if _holds_true(value)}
    return frozenset(unknown | {name for name in after if before.get(name) != after[name]})


def _holds_true(value: object) -> bool:
    if isinstance(value, dict):
        return any(_holds_true(item) for item in value.values())
    if isinstance(value, list):
        return any(_holds_true(item) for item in value)
    return value is True


def unexpected_changes(planned: Mapping[str, tuple[str, frozenset[str]]]) -> list[str]:
    """Return a line for each change that is not expected."""
    lines = []
    for address, (actions, attributes) in sorted(planned.items()):
        surplus = attributes - EXPECTED.get(_INDEX.sub("", address), frozenset())
        if actions != "update" or surplus:
            lines.append(f"{address}: {actions} {', '.join(sorted(surplus or attributes))}")
    return lines
