"""The cost of containers."""

import re
from pathlib import Path

import pytest

from oa_api.jobs.cost import MACHINES, Prices, Use, cost_of
from oa_shared.scheduling import Tier

PRICES = Prices(vcpu_h=0.04, memory_gb_h=0.004, moved_gb=0.05, looked_up="today")
TERRAFORM = Path(__file__).parents[4] / "terraform" / "modules" / "batch" / "main.tf"


def test_cost_of_an_hour_is_that_of_its_processors_and_memory() -> None:
    cost = cost_of([Use(Tier.STANDARD, seconds=3600)], PRICES)
    assert cost.vcpu == pytest.approx(0.04)
    assert cost.memory == pytest.approx(0.016)
    assert cost.moved == pytest.approx(0)
    assert cost.total == pytest.approx(0.056)


def test_cost_of_several_uses_adds_up() -> None:
    uses = [Use(Tier.SMALL, seconds=7200), Use(Tier.STANDARD, seconds=1800, moved_bytes=2_000_000_000)]
    cost = cost_of(uses, PRICES)
    assert cost.vcpu == pytest.approx(0.04 + 0.02)
    assert cost.memory == pytest.approx(0.016 + 0.008)
    assert cost.moved == pytest.approx(0.1)


def test_cost_without_usage_is_zero() -> None:
    assert cost_of([], PRICES).total == 0


def test_machines_are_those_of_terraform() -> None:
    line = re.compile(r'(\w+) += \{ platform = "\w+", vcpus = "([\d.]+)", memory_mib = (\d+)')
    made = {name: (float(vcpus), int(mib) / 1024) for name, vcpus, mib in line.findall(TERRAFORM.read_text())}
    assert set(made) == set(Tier)
    for tier, machine in MACHINES.items():
        vcpus, memory_gb = made[tier]
        assert machine.vcpus == pytest.approx(vcpus, abs=0.06)
        assert machine.memory_gb == pytest.approx(memory_gb, abs=0.06)
