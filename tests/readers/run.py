"""Judge every combination of the reader suite: `python -m readers.run [SHARE] [SEED]`, in `tests`.

SHARE is the part of the product that is judged, 1 by default: every combination; `pairs` takes those that hold every
pair of values. Prints counts and exits with status 1 for a breach of the law.
"""

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from readers.combinations import Combination, covering_damaged, covering_sound, every_combination
from readers.law import BREACHES, Outcome, Verdict, judge

_SHOWN = 40


def judge_all(combinations: Iterable[Combination], folder: Path) -> Iterator[tuple[Combination, Outcome]]:
    """Yield each combination with its outcome."""
    for combination in combinations:
        yield combination, judge(combination, folder / "one")


def main(share: str, seed: int) -> int:
    """Print the counts; return the exit status."""
    started = time.process_time()
    if share == "pairs":
        chosen: Iterable[Combination] = [*covering_sound(seed), *covering_damaged(seed)]
    else:
        drawn = random.Random(seed)  # noqa: S311 - the same part in each run
        chosen = (item for item in every_combination() if drawn.random() < float(share))
    kinds = Counter()
    verdicts, codes, rows, breaches = Counter[Verdict](), Counter[str](), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for combination, outcome in judge_all(chosen, Path(folder)):
            verdicts[outcome.verdict] += 1
            rows += outcome.rows
            if outcome.verdict is Verdict.FAILED:
                codes[outcome.detail] += 1
            if outcome.verdict in BREACHES:
                breaches += 1
                kinds[outcome.verdict, combination.format, combination.damage, str(combination.naming)] += 1
                if kinds[outcome.verdict, combination.format, combination.damage, str(combination.naming)] <= 1:
                    print(f"{outcome.verdict}: {combination}\n    {outcome.detail[:600]}")
    print(f"{verdicts.total():,} combinations, {rows:,} rows, {time.process_time() - started:.0f} s of processor time")
    for verdict in Verdict:
        print(f"  {verdict}: {verdicts[verdict]:,}")
    for code, count in codes.most_common():
        print(f"    {code}: {count:,}")
    return int(breaches > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "1", int(sys.argv[2]) if len(sys.argv) > 2 else 0))
