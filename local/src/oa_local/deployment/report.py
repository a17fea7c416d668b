"""The steps of the check: what each found, how long it took, what was skipped and why."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from oa_shared.errors import OaError


class SkippedError(OaError):
    """A step cannot be done on this machine; the detail says what it lacks."""

    code = "deployment.skipped"
    title = "This machine lacks what the step needs."


@dataclass(frozen=True, slots=True)
class Line:
    """One step that was done, failed or was skipped."""

    name: str
    outcome: str
    seconds: float
    said: str


@dataclass(slots=True)
class Report:
    """Runs steps one after another; with `strict` a step that is skipped is a failure."""

    strict: bool
    lines: list[Line] = field(default_factory=list)

    def step(self, name: str, work: Callable[[], str]) -> bool:
        """Run one step and return whether it was done."""
        print(f"== {name}", flush=True)
        began = time.monotonic()
        try:
            outcome, said = "done", work()
        except SkippedError as error:
            outcome, said = ("FAILED" if self.strict else "SKIPPED"), f"cannot be done here: {error.detail}"
        except OaError as error:
            outcome, said = "FAILED", error.detail
        seconds = time.monotonic() - began
        self.lines.append(Line(name, outcome, seconds, said))
        print(f"   {outcome} in {seconds:.0f} s: {said}", flush=True)
        return outcome == "done"

    def end(self) -> int:
        """Print all steps once more and return the exit status."""
        print("\n== terraform-check")
        for line in self.lines:
            first = line.said.splitlines()[0] if line.said else ""
            print(f"{line.outcome:8} {line.seconds:5.0f} s  {line.name}: {first}")
        skipped = [line.name for line in self.lines if line.outcome == "SKIPPED"]
        failed = [line.name for line in self.lines if line.outcome == "FAILED"]
        if skipped:
            print(f"NOT CHECKED ON THIS MACHINE: {', '.join(skipped)}", file=sys.stderr)
        print(f"{sum(line.seconds for line in self.lines):.0f} s; {len(failed)} failed, {len(skipped)} skipped")
        return int(bool(failed))
