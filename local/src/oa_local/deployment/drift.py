"""What a second plan may still want to change: exactly what the emulated account does not give back."""

import re
from collections.abc import Mapping
from typing import Any

# Address (without an index) → attributes, each because moto does not tell, or tells otherwise, what it was given.
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
    "module.batch.aws_batch_compute_environment.ec2_spot": frozenset({"compute_resources"}),  # follows the template
    "module.database.aws_db_instance.this": frozenset({"performance_insights_enabled"}),
    "module.database.aws_db_parameter_group.this": frozenset({"parameter"}),
    "module.database.aws_secretsmanager_secret_rotation.password": frozenset({"rotation_rules"}),
}
_INDEX = re.compile(r"\[[^\]]*\]")


def changes(plan: Mapping[str, Any]) -> dict[str, tuple[str, frozenset[str]]]:
    """Return of a plan in JSON what it would do: address → actions and the attributes that differ."""
    found = {}
    for resource in plan.get("resource_changes", ()):
        change = resource["change"]
        actions = [action for action in change["actions"] if action not in {"no-op", "read"}]
        if actions:
            found[resource["address"]] = ("+".join(actions), _differing(change))
    return found


def _differing(change: Mapping[str, Any]) -> frozenset[str]:
    before, after = change["before"] or {}, change["after"] or {}
    unknown = {name for name, value in (change.get("after_unknown") or {}).items() if _holds_true(value)}
    return frozenset(unknown | {name for name in after if before.get(name) != after[name]})


def _holds_true(value: object) -> bool:
    if isinstance(value, dict):
        return any(_holds_true(item) for item in value.values())
    if isinstance(value, list):
        return any(_holds_true(item) for item in value)
    return value is True


def unexpected(found: Mapping[str, tuple[str, frozenset[str]]]) -> list[str]:
    """Return one line for each change that no rule above expects."""
    lines = []
    for address, (actions, attributes) in sorted(found.items()):
        surplus = attributes - EXPECTED.get(_INDEX.sub("", address), frozenset())
        if actions != "update" or surplus:
            lines.append(f"{address}: {actions} {', '.join(sorted(surplus or attributes))}")
    return lines
