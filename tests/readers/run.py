"""Judge combinations of the reader suite: `python -m readers.run COMBINATIONS [SEED]`, in `tests`.

COMBINATIONS is a number to draw at random, `pairs` for those that hold every pair of values, or `all` for the product.
Prints counts and exits with status 1 for a breach of the law.
"""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from readers.combinations import (
    Combination,
    covering_damaged,
    covering_sound,
    draw_combinations,
    every_combination,
)
from readers.law import BREACHES, Verdict, judge

_SHOWN = 40


def choose_combinations(which: str, seed: int) -> Iterable[Combination]:
    """Return the combinations that an argument of the command selects."""
    if which == "all":
        return every_combination()
    if which == "pairs":
        return [*covering_sound(seed), *covering_damaged(seed)]
    return islice(draw_combinations(seed), int(which))


def main(which: str, seed: int) -> int:
    """Print the counts; return the exit status."""
    started = time.process_time()
    verdicts, codes, damages = Counter[Verdict](), Counter[str](), set[tuple[str, str, int]]()
    rows = breaches = 0
    with tempfile.TemporaryDirectory() as folder:
        for item in choose_combinations(which, seed):
            outcome = judge(item, Path(folder) / "one")
            verdicts[outcome.verdict] += 1
            rows += outcome.rows
            damages.add((item.damage, item.place, item.member))
            if outcome.verdict is Verdict.FAILED:
                codes[outcome.detail] += 1
            if outcome.verdict in BREACHES:
                breaches += 1
                if breaches <= _SHOWN:
                    print(f"{outcome.verdict}: {item}\n    {outcome.detail[:600]}")
    seconds = time.process_time() - started
    print(f"{verdicts.total():,} combinations, {len(damages):,} damages, {rows:,} rows came out, {seconds:.0f} s")
    for verdict in Verdict:
        print(f"  {verdict}: {verdicts[verdict]:,}")
    for code, count in codes.most_common():
        print(f"    {code}: {count:,}")
    return int(breaches > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0))
