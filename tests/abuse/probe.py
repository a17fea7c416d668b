"""Probe a running API: `python -m abuse.probe --minutes 30 [--order N] [KIND]…`, in `tests`; `make probe` runs it.

Prints the figures of each kind and its findings, each with a request that shows it. Exits with 1 if there is one.
"""

import argparse
import json
import secrets
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from abuse.credentials import Credentials
from abuse.findings import Figures
from abuse.generated_requests import probe_generated_requests
from abuse.hostile_rows import seed
from abuse.odd_requests import probe_odd_requests
from abuse.page_crawl import crawl_pages
from abuse.probed_api import probed_api
from oa_local.standalone_api import standalone_database

KINDS: dict[str, Callable[..., Figures]] = {
    "generated": probe_generated_requests,
    "pages": crawl_pages,
    "odd": probe_odd_requests,
}
_SHOWN_ERROR = 600


@dataclass(frozen=True)
class Outcome:
    """What a probe of one kind found: its figures, and the different errors in the log of the API."""

    figures: Figures
    errors: list[str]

    @property
    def has_findings(self) -> bool:
        return bool(self.figures.findings or self.errors)

    def __str__(self) -> str:
        return "\n".join([str(self.figures), f"log       {len(self.errors)} different errors", *self.errors])


def run_probe(kind: str, database_url: str, folder: Path, *, seconds: float, order: int) -> Outcome:
    """Start an API over a migrated database, probe it for a time, and return the outcome."""
    seed(database_url)
    credentials = Credentials(database_url)
    with probed_api(database_url, folder) as api:
        figures = KINDS[kind](api.url, credentials, seconds=seconds, order=order)
        return Outcome(figures, summarize_errors(api.errors()))


def summarize_errors(lines: Sequence[str]) -> list[str]:
    """Return the different errors of a log: event, exception and the last place in our code."""
    return list(dict.fromkeys(_summarize(line) for line in lines))


def _summarize(line: str) -> str:
    try:
        event = json.loads(line)
    except ValueError:
        return line[:_SHOWN_ERROR]
    trace = str(event.get("exception", "")).strip().splitlines()
    places = [each.strip() for each in trace if "oa_" in each and each.strip().startswith("File")]
    return " | ".join([str(event.get("event")), *places[-1:], *trace[-1:]])[:_SHOWN_ERROR]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"{', '.join(KINDS)}; all if none is given")
    parser.add_argument("--minutes", type=float, default=30, help="for all kinds together")
    parser.add_argument("--order", type=int, default=secrets.randbelow(10**6), help="repeats the order of a run")
    options = parser.parse_args(arguments)
    kinds = options.kinds or list(KINDS)
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        parser.error(f"unknown kind {unknown[0]}: use {', '.join(KINDS)}")
    warnings.simplefilter("ignore")
    seconds, is_clean = options.minutes * 60 / len(kinds), True
    for kind in kinds:
        with standalone_database() as database, tempfile.TemporaryDirectory() as folder:
            outcome = run_probe(kind, database.url, Path(folder), seconds=seconds, order=options.order)
        print(f"{kind}, order {options.order}\n{outcome}\n", flush=True)
        is_clean = is_clean and not outcome.has_findings
    return 0 if is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
