"""The program in which products are made: `python -m oa_task.products.confined LIMITS`.

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

from oa_task.sandboxed import answer, say

_EVERY_S = 0.5


def main() -> None:
    """Make the product and say how it ended."""
    answer(_loaded)


def _loaded() -> Callable[[str], dict[str, Any]]:
    from oa_task.clock import Clock  # noqa: PLC0415 - under the limits
    from oa_task.products.collection import make_collection  # noqa: PLC0415 - likewise
    from oa_task.products.exports import make_export  # noqa: PLC0415 - likewise
    from oa_task.products.fabric import make_fabric  # noqa: PLC0415 - likewise
    from oa_task.products.making import Making  # noqa: PLC0415 - likewise
    from oa_task.products.plan import read_plan  # noqa: PLC0415 - likewise

    makers = {"export": make_export, "collection": make_collection, "fabric": make_fabric}

    def made(line: str) -> dict[str, Any]:
        told: dict[str, str] = json.loads(line)
        plan, clock = read_plan(Path(told["plan"]).read_bytes()), Clock()
        making = Making(plan, Path(told["out"]), Path(told["work"]), _files(), _Saying().tell, clock)
        return {**makers[plan.kind](making), "seconds": clock.seconds}

    return made


def _files() -> Iterator[Path]:
    """Yield the inputs as they come; one is done with when the next is asked for."""
    for line in sys.stdin:
        path: str = json.loads(line)
        yield Path(path)
        say({"used": path})


@dataclass(slots=True)
class _Saying:
    """Says of each phase at most twice a second how far it is."""

    said_at: dict[str, float] = field(default_factory=dict)

    def tell(self, phase: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if now - self.said_at.get(phase, -_EVERY_S) < _EVERY_S and done != total:
            return
        self.said_at[phase] = now
        say({"progress": [phase, done, total]})


if __name__ == "__main__":
    main()
