"""`python -m oa_tools.weekly`: take test towns, some of them broken, through the weekly run of the local stack."""

import argparse
import sys

from rich.console import Console

from oa_local.main import interrupt_on_signals
from oa_local.state_folder import FOLDER
from oa_shared.errors import OaError
from oa_tools.weekly.trial import WeeklyTrial


def _share(text: str) -> float:
    """Return a share given as `10%` or `0.1`."""
    share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    if not 0 <= share <= 1:
        raise ValueError(text)
    return share


def main() -> int:
    """Run the trial, or fix the data of its towns; return the exit status."""
    parser = argparse.ArgumentParser(prog="oa_tools.weekly", description="Run the weekly schedule over test towns.")
    parser.add_argument("--definitions", type=int, default=300, help="the number of towns (default: %(default)s)")
    parser.add_argument("--broken", type=_share, default=0.1, help="the share of broken towns, like 10%% or 0.1")
    parser.add_argument(
        "--once", action="store_true", help="exit when all jobs have ended; do not serve the data longer"
    )
    parser.add_argument(
        "--changed", type=_share, help="run all towns twice, with this share of them changed in between, and compare"
    )
    parser.add_argument("--fix", action="store_true", help="fix the data of the towns; run it in another terminal")
    options = parser.parse_args()
    interrupt_on_signals()
    console = Console(highlight=False, soft_wrap=True)
    try:
        trial = WeeklyTrial(console, FOLDER)
        if options.fix:
            return trial.fix()
        if options.changed is not None:
            return trial.compare(options.definitions, round(options.definitions * options.changed))
        broken = round(options.definitions * options.broken)
        return trial.run(options.definitions, broken, keeps_serving=not options.once)
    except KeyboardInterrupt:
        console.print("Interrupted; the run continues on the server.")
        return 130
    except OaError as error:
        console.print(f"{error.title} {error}", style="red", markup=False)
        return 1


if __name__ == "__main__":
    sys.exit(main())
