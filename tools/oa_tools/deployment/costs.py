"""`python -m oa_tools.deployment.costs terraform/prices.json`: the costs of a month as Markdown tables."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

_HOURS = 730
_MONTH_S = _HOURS * 3600
Numbers = Mapping[str, float]


def idle_costs(price: Numbers, has: Numbers) -> dict[str, float]:
    """Return the dollars per month of a stack that runs nothing, by item."""
    vcpus = has["api_tasks"] * has["api_vcpus"] + has["small_services"] * has["small_vcpus"]
    memory = has["api_tasks"] * has["api_gb"] + has["small_services"] * has["small_gb"]
    metrics = has["own_metrics"] + has["container_insights_metrics"]
    return {
        "Fargate: api, consumer, dispatcher": _HOURS
        * (vcpus * price["fargate_vcpu_h"] + memory * price["fargate_gb_h"]),
        "RDS": _HOURS * price["database_h"] + has["database_gb"] * price["rds_gp3_gb_month"],
        "load balancer": _HOURS * (price["load_balancer_h"] + has["load_balancer_lcus"] * price["load_balancer_lcu_h"]),
        "NAT gateway": _HOURS * has["nat_gateways"] * price["nat_h"],
        "public addresses": _HOURS * has["public_ipv4s"] * price["public_ipv4_h"],
        "CloudWatch": has["alarms"] * price["alarm_month"]
        + metrics * price["metric_month"]
        + has["idle_logs_gb"] * price["logs_gb"],
        "secrets, images, polling": has["secrets"] * price["secret_month"]
        + has["images_gb"] * price["ecr_gb_month"]
        + has["sqs_polls_per_s"] * _MONTH_S / 1e6 * price["sqs_million"],
    }


def weekly_run_costs(price: Numbers, run: Numbers) -> dict[str, float]:
    """Return the dollars per month that a weekly run adds, by item."""
    hours = run["jobs"] * run["minutes_a_job"] / 60

    def fargate(kind: str) -> float:
        return hours * (run["vcpus"] * price[f"{kind}_vcpu_h"] + run["gb"] * price[f"{kind}_gb_h"])

    spot = run["spot_share"]
    disk = hours * run["disk_gb_beyond_20"] * price["fargate_disk_gb_h"]
    one_run = {
        "Batch on Fargate": spot * fargate("fargate_spot") + (1 - spot) * fargate("fargate") + disk,
        "Batch on EC2 Spot": run["large_jobs"] * run["minutes_a_large_job"] / 60 * price["ec2_spot_16gb_h"],
        "NAT gateway, downloads": run["downloaded_gb"] * price["nat_gb"],
        "public addresses of jobs": hours * run["public_ipv4s_a_job"] * price["public_ipv4_h"],
        "S3 requests": run["jobs"] * run["objects_a_job"] / 1000 * price["s3_puts_thousand"],
        "SQS": run["jobs"] * run["messages_a_job"] / 1e6 * price["sqs_million"],
        "logs": run["jobs"] * run["log_kb_a_job"] / 1e6 * price["logs_gb"],
    }
    month = {name: run["runs_a_month"] * dollars for name, dollars in one_run.items()}
    return {**month, "S3 storage": run["kept_gb"] * price["s3_gb_month"]}


def table(costs: Mapping[str, float], total: str) -> str:
    """Return the costs and their sum as a Markdown table."""
    rows = [f"| {name} | {dollars:.2f} |" for name, dollars in costs.items()]
    return "\n".join(["| per month | $ |", "|---|---|", *rows, f"| **{total}** | **{sum(costs.values()):.2f}** |"])


def inputs_of(prices: Mapping[str, Mapping[str, float]], size: str) -> tuple[Numbers, Numbers, Numbers]:
    """Return prices, idle parts and weekly run of a size: those of the standard size with its changes."""
    changed: Mapping[str, Numbers] = prices.get(size, {})  # type: ignore[assignment] # from JSON
    price, idle, run = ({**prices[part], **changed.get(part, {})} for part in ("prices", "standing", "weekly_run"))
    return price, idle, run


def main() -> None:
    """Print both tables of both sizes for the prices file named on the command line."""
    prices = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    for size in ("standard", "small"):
        price, parts, run = inputs_of(prices, size)
        idle, added = idle_costs(price, parts), weekly_run_costs(price, run)
        total = table({"idle": sum(idle.values()), **added}, "with a weekly run")
        sys.stdout.write(f"Size {size}\n\n{table(idle, 'idle')}\n\n{total}\n\n")


if __name__ == "__main__":
    main()
