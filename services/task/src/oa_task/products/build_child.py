"""The program that builds a product: `python -m oa_task.products.build_child LIMITS`.

The first line on standard input is the request (BuildPaths); each further line is the path of an input. The process
has no network and no credentials, because the rows are untrusted text.
"""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from oa_shared.json_types import JsonObject
from oa_task.sandbox.child import Handler, run_child, send

if TYPE_CHECKING:
    from oa_task.products.build_context import BuildPaths

_PROGRESS_EVERY_S = 0.5


def main() -> None:
    """Build the product and send the outcome."""
    run_child(_load_handler)


def _load_handler() -> Handler:
    from oa_task.products.build import build  # noqa: PLC0415 - under the limits
    from oa_task.products.build_context import BuildContext  # noqa: PLC0415 - likewise
    from oa_task.products.plan import parse_plan  # noqa: PLC0415 - likewise
    from oa_task.runtime.phase_clock import PhaseClock  # noqa: PLC0415 - likewise

    def handle(line: str) -> JsonObject:
        paths: BuildPaths = json.loads(line)
        plan, clock = parse_plan(Path(paths["plan"]).read_bytes()), PhaseClock()
        on_progress = _ProgressSender().report
        context = BuildContext(plan, Path(paths["out"]), Path(paths["work"]), _input_paths(), on_progress, clock)
        return {**build(context), "seconds": clock.seconds}

    return handle


def _input_paths() -> Iterator[Path]:
    """Yield the inputs in order; a request for the next one releases the one before."""
    for line in sys.stdin:
        path: str = json.loads(line)
        yield Path(path)
        send({"used": path})


@dataclass(slots=True)
class _ProgressSender:
    """Sends the progress of each phase at most twice a second."""

    sent_at: dict[str, float] = field(default_factory=dict)

    def report(self, phase: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if now - self.sent_at.get(phase, -_PROGRESS_EVERY_S) < _PROGRESS_EVERY_S and done != total:
            return
        self.sent_at[phase] = now
        send({"progress": [phase, done, total]})


if __name__ == "__main__":
    main()
