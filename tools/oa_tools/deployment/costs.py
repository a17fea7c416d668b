"""`python -m oa_tools.deployment.costs`: the costs of a month for each size of the stack, as a Markdown table.

terraform/prices.json has the prices with their sources, what each size consists of, and the assumptions about its use.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

PRICES = Path(__file__).parents[3] / "terraform" / "prices.json"
_HOURS = 730
_MONTH_S = _HOURS * 3600
Numbers = Mapping[str, float]


class PriceList(TypedDict):
    """The file of prices."""

    sources: dict[str, str]
    prices: Numbers
    sizes: dict[str, Numbers]
    weekly_run: Numbers
    visitors: Numbers


@dataclass(frozen=True, slots=True)
class CostLine:
    """Dollars per month, and the key of the price page."""

    item: str
    dollars: float
    source: str


def read_prices(path: Path = PRICES) -> PriceList:
    """Return the prices, sizes and assumptions."""
    prices: PriceList = json.loads(path.read_text("utf-8"))
    return prices


def idle_costs(price: Numbers, has: Numbers) -> list[CostLine]:
    """Return the costs of a stack that runs nothing."""
    kind = "fargate_arm" if has["fargate_arm"] else "fargate"
    vcpus = has["api_tasks"] * has["api_vcpus"] + has["small_services"] * has["small_vcpus"]
    memory = has["api_tasks"] * has["api_gb"] + has["small_services"] * has["small_gb"]
    database = price["rds_t4g_micro_h"] if has["rds_micro"] else price["rds_t4g_small_h"]
    balancer = price["load_balancer_h"] + has["load_balancer_lcus"] * price["load_balancer_lcu_h"]
    return [
        CostLine(
            "services on Fargate",
            _HOURS * (vcpus * price[f"{kind}_vcpu_h"] + memory * price[f"{kind}_gb_h"]),
            "fargate",
        ),
        CostLine("database", _HOURS * database + has["database_gb"] * price["rds_gp3_gb_month"], "rds"),
        CostLine("load balancer", _HOURS * balancer, "load_balancer"),
        CostLine("NAT gateway", _HOURS * has["nat_gateways"] * price["nat_h"], "vpc"),
        CostLine("public addresses", _HOURS * has["public_ipv4s"] * price["public_ipv4_h"], "vpc"),
        CostLine(
            "alarms, metrics, logs",
            has["alarms"] * price["alarm_month"]
            + has["own_metrics"] * price["metric_month"]
            + has["idle_logs_gb"] * price["logs_gb"],
            "cloudwatch",
        ),
        CostLine("Container Insights", has["container_insights_metrics"] * price["metric_month"], "cloudwatch"),
        CostLine("secrets", has["secrets"] * price["secret_month"], "secrets"),
        CostLine("stored images", has["images_gb"] * price["ecr_gb_month"], "ecr"),
        CostLine("polling of the queues", has["sqs_polls_per_s"] * _MONTH_S / 1e6 * price["sqs_million"], "sqs"),
    ]


def weekly_run_costs(price: Numbers, has: Numbers, run: Numbers) -> list[CostLine]:
    """Return the costs that a weekly run adds."""
    kind = "fargate_arm" if has["fargate_arm"] else "fargate"
    hosts = "ec2_arm_spot" if has["fargate_arm"] else "ec2_spot"
    month = run["runs_a_month"]
    hours = month * run["jobs"] * run["minutes_a_job"] / 60
    pulling_hours = month * run["jobs"] * run["image_pull_s"] / 3600
    spot = has["spot_share"]

    def fargate(offer: str) -> float:
        return run["vcpus"] * price[f"{offer}_vcpu_h"] + run["gb"] * price[f"{offer}_gb_h"]

    rate = spot * fargate(f"{kind}_spot") + (1 - spot) * fargate(kind)
    rate += run["disk_gb_beyond_20"] * price["fargate_disk_gb_h"]
    host_hours = month * run["large_jobs"] * run["minutes_a_large_job"] / 60
    through_nat = month * run["downloaded_gb"] * (price["nat_gb"] if has["nat_gateways"] else 0)
    addresses = 0 if has["nat_gateways"] else (hours + pulling_hours + host_hours) * price["public_ipv4_h"]
    disks = host_hours / _HOURS * has["host_disk_gb"] * price["ebs_gp3_gb_month"]
    return [
        CostLine("jobs on Fargate", hours * rate, "fargate"),
        CostLine("jobs on Fargate, while they pull their image", pulling_hours * rate, "fargate"),
        CostLine("hosts of large jobs, EC2 Spot", host_hours * price[f"{hosts}_16gb_h"], "ec2_spot"),
        CostLine("disks of these hosts, EBS", disks, "ebs"),
        CostLine("downloads of sources through NAT", through_nat, "vpc"),
        CostLine("public addresses of jobs", addresses, "vpc"),
        CostLine("S3 requests", month * run["jobs"] * run["objects_a_job"] / 1000 * price["s3_puts_thousand"], "s3"),
        CostLine("messages", month * run["jobs"] * run["messages_a_job"] / 1e6 * price["sqs_million"], "sqs"),
        CostLine("logs of jobs", month * run["jobs"] * run["log_kb_a_job"] / 1e6 * price["logs_gb"], "cloudwatch"),
        CostLine("stored files", run["kept_gb"] * price["s3_gb_month"], "s3"),
    ]


def egress_costs(price: Numbers, use: Numbers) -> tuple[CostLine, CostLine]:
    """Return the costs of the downloads by users of the data: from S3, and by CloudFront."""
    gets = use["requests_million"] * 1000 * price["s3_gets_thousand"]
    billed_gb = max(0, use["downloaded_gb"] - use["free_egress_gb"])
    by_cdn_gb = max(0, use["downloaded_gb"] - use["free_cloudfront_gb"])
    by_cdn = max(0, use["requests_million"] - use["free_cloudfront_requests_million"]) * 100
    cdn = by_cdn_gb * price["cloudfront_gb"] + by_cdn * price["cloudfront_requests_ten_thousand"]
    return (
        CostLine("public egress from S3", billed_gb * price["egress_gb"] + gets, "s3"),
        CostLine("public egress by CloudFront", cdn, "cloudfront"),
    )


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _sums(name: str, columns: Sequence[Sequence[CostLine]]) -> str:
    totals = [f"**{sum(line.dollars for line in lines):.2f}**" for lines in columns]
    return _row([f"**{name}**", *totals, ""])


def table(prices: PriceList) -> str:
    """Return the costs of each size, line by line with the source of its prices, as Markdown."""
    sizes = prices["sizes"]
    idle = [idle_costs(prices["prices"], has) for has in sizes.values()]
    running = [weekly_run_costs(prices["prices"], has, prices["weekly_run"]) for has in sizes.values()]
    from_s3, by_cdn = egress_costs(prices["prices"], prices["visitors"])

    def rows(columns: Sequence[Sequence[CostLine]]) -> list[str]:
        return [
            _row(
                [
                    lines[0].item,
                    *(f"{line.dollars:.2f}" for line in lines),
                    f"[{lines[0].source.replace('_', ' ')}]({prices['sources'][lines[0].source]})",
                ]
            )
            for lines in zip(*columns, strict=True)
        ]

    used = [[*one, *two] for one, two in zip(idle, running, strict=True)]
    return "\n".join(
        [
            _row(["$ per month", *sizes, "Prices"]),
            f"|---|{'---:|' * len(sizes)}---|",
            *rows(idle),
            _sums("idle", idle),
            *rows(running),
            _sums("with a weekly run", used),
            *rows([[from_s3]] * len(sizes)),
            _sums("with downloads from S3", [[*lines, from_s3] for lines in used]),
            *rows([[by_cdn]] * len(sizes)),
            _sums("with downloads by CloudFront instead", [[*lines, by_cdn] for lines in used]),
        ]
    )


def main() -> None:
    """Print the table."""
    ArgumentParser(prog="oa_tools.deployment.costs", description="Print what the deployment costs.").parse_args()
    sys.stdout.write(f"{table(read_prices())}\n")


if __name__ == "__main__":
    main()
