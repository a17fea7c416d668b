"""The steps of the check, with the outcome and duration of each."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.error import HTTPError

from botocore.exceptions import BotoCoreError, ClientError

from oa_shared.errors import OaError


class SkippedError(OaError):
    """A step cannot run on this machine; the detail names what is missing."""

    code = "deployment.skipped"
    title = "The step cannot run on this machine."


@dataclass(frozen=True, slots=True)
class StepResult:
    """The outcome of a step: done, FAILED or SKIPPED."""

    name: str
    outcome: str
    seconds: float
    text: str


@dataclass(slots=True)
class CheckReport:
    """Runs steps one after another; with `strict` a skipped step is a failure."""

    strict: bool
    results: list[StepResult] = field(default_factory=list)

    def step(self, name: str, work: Callable[[], str]) -> bool:
        """Run a step and return whether it succeeded."""
        print(f"== {name}", flush=True)
        started = time.monotonic()
        try:
            outcome, text = "done", work()
        except SkippedError as error:
            outcome, text = ("FAILED" if self.strict else "SKIPPED"), f"cannot run here: {error.detail}"
        except OaError as error:
            outcome, text = "FAILED", error.detail
        except (OSError, BotoCoreError, ClientError) as error:
            outcome, text = "FAILED", _describe(error)
        seconds = time.monotonic() - started
        self.results.append(StepResult(name, outcome, seconds, text))
        print(f"   {outcome} in {seconds:.0f} s: {text}", flush=True)
        return outcome == "done"

    def end(self) -> int:
        """Print a table of all steps and return the exit status."""
        print("\n== terraform-check")
        for result in self.results:
            first = result.text.splitlines()[0] if result.text else ""
            print(f"{result.outcome:8} {result.seconds:5.0f} s  {result.name}: {first}")
        skipped = [result.name for result in self.results if result.outcome == "SKIPPED"]
        failed = [result.name for result in self.results if result.outcome == "FAILED"]
        if skipped:
            print(f"NOT CHECKED ON THIS MACHINE: {', '.join(skipped)}", file=sys.stderr)
        print(f"{sum(result.seconds for result in self.results):.0f} s; {len(failed)} failed, {len(skipped)} skipped")
        return int(bool(failed))


def _describe(error: Exception) -> str:
    """Return what a server answered, or the error itself."""
    if not isinstance(error, HTTPError):
        return f"{type(error).__name__}: {error}"
    return f"{error.code} of {error.url.partition('?')[0]}: {error.read().decode('utf-8', 'replace')[:2000]}"
