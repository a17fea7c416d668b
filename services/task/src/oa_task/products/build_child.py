"""The program in which products are made: `python -m oa_task.products.build_child LIMITS`.

A line on its standard input says what to make, and each further line where an input lies. It has no network and no
credentials: the rows are strangers' text.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oa_task.sandbox.child import run_child, send

_EVERY_S = 0.5


def main() -> None:
    """Make the product and say how it ended."""
    run_child(_loaded)


def _loaded() -> Callable[[str], dict[str, Any]]:
    from oa_task.products.build_context import BuildContext  # noqa: PLC0415 - likewise
    from oa_task.products.collection import build_collection  # noqa: PLC0415 - likewise
    from oa_task.products.exports import build_export  # noqa: PLC0415 - likewise
    from oa_task.products.fabric import build_fabric  # noqa: PLC0415 - likewise
    from oa_task.products.plan import read_plan  # noqa: PLC0415 - likewise
    from oa_task.runtime.phase_clock import PhaseClock  # noqa: PLC0415 - under the limits

    makers = {"export": build_export, "collection": build_collection, "fabric": build_fabric}

    def made(line: str) -> dict[str, Any]:
        told: dict[str, str] = json.loads(line)
        plan, clock = read_plan(Path(told["plan"]).read_bytes()), PhaseClock()
        making = BuildContext(plan, Path(told["out"]), Path(told["work"]), _files(), _Saying().tell, clock)
        return {**makers[plan.kind](making), "seconds": clock.seconds}

    return made


def _files() -> Iterator[Path]:
    """Yield the inputs as they come; one is done with when the next is asked for."""
    for line in sys.stdin:
        path: str = json.loads(line)
        yield Path(path)
        send({"used": path})


@dataclass(slots=True)
class _Saying:
    """Says of each phase at most twice a second how far it is."""

    said_at: dict[str, float] = field(default_factory=dict)

    def tell(self, phase: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if now - self.said_at.get(phase, -_EVERY_S) < _EVERY_S and done != total:
            return
        self.said_at[phase] = now
        send({"progress": [phase, done, total]})


if __name__ == "__main__":
    main()
