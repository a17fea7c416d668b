"""The cost of work: seconds of vCPUs and memory, and bytes transferred, at prices with a date."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from oa_shared.scheduling import Tier

_HOUR_S = 3600.0
_GB = 1e9


@dataclass(frozen=True, slots=True)
class Machine:
    """The vCPUs and memory of a container."""

    vcpus: float
    memory_gb: float


# The same values as in terraform/modules/batch; a test compares the two.
MACHINES: Mapping[Tier, Machine] = MappingProxyType(
    {
        Tier.SMALL: Machine(0.5, 2.0),
        Tier.STANDARD: Machine(1.0, 4.0),
        Tier.LARGE: Machine(4.0, 14.6),
        Tier.HUGE: Machine(8.0, 58.6),
    }
)


@dataclass(frozen=True, slots=True)
class Prices:
    """List prices in US dollars, and the date on which they were looked up."""

    vcpu_h: float
    memory_gb_h: float
    moved_gb: float
    looked_up: str


@dataclass(frozen=True, slots=True)
class Use:
    """Usage: seconds of a tier, and bytes transferred in or out."""

    tier: Tier
    seconds: float = 0.0
    moved_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars by component."""

    vcpu: float
    memory: float
    moved: float

    @property
    def total(self) -> float:
        """Return the sum of the components."""
        return self.vcpu + self.memory + self.moved


def cost_of(uses: Iterable[Use], prices: Prices) -> Cost:
    """Return the total cost of these uses."""
    vcpu = memory = moved = 0.0
    for use in uses:
        machine, hours = MACHINES[use.tier], use.seconds / _HOUR_S
        vcpu += hours * machine.vcpus * prices.vcpu_h
        memory += hours * machine.memory_gb * prices.memory_gb_h
        moved += use.moved_bytes / _GB * prices.moved_gb
    return Cost(vcpu, memory, moved)
