"""Print each use of a banned phrase, then how many each part of the repository has.

    python tests/unit/language/report.py [--root CHECKOUT] [--kind KIND]... [--counts] [PATH]...
    python tests/unit/language/report.py --write-baseline

PATH is a file or folder relative to the root of the checkout; without one, all of it. The baseline is the number of
uses in each part of the repository; the test fails when a part has more.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from support.language.phrases import counts, find, load
from support.language.texts import texts_of


def main() -> int:
    parser = argparse.ArgumentParser(description="Print each use of a banned phrase.")
    parser.add_argument("paths", nargs="*", help="files or folders relative to the root; all without one")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[3], help="the checkout")
    parser.add_argument("--kind", action="append", default=[], help="only texts of this kind: page, message, help …")
    parser.add_argument("--counts", action="store_true", help="only the counts")
    parser.add_argument("--write-baseline", action="store_true", help="write the counts to baseline.json")
    options = parser.parse_args()
    every = texts_of(options.root, tuple(options.paths))
    texts = (text for text in every if not options.kind or text.kind in options.kind)
    found = list(find(texts, load(options.root), options.root))
    if options.write_baseline:
        write_baseline(counts(found))
    if not options.counts:
        print(*found, sep="\n")
    kinds = Counter(finding.kind for finding in found)
    print("\nby kind:", ", ".join(f"{kind} {count}" for kind, count in kinds.most_common()))
    print("by part:", ", ".join(f"{name} {count}" for name, count in counts(found).items()))
    print("in all:", len(found))
    return 1 if found else 0


def write_baseline(found: dict[str, int]) -> None:
    """Write the counts; those of texts that only tests can make (help, OpenAPI) stay."""
    path = Path(__file__).with_name("baseline.json")
    generated = {"help": 0, "openapi": 0, "long summaries": 0}
    old = json.loads(path.read_text("utf-8")) if path.exists() else {}
    kept = {name: old.get(name, count) for name, count in generated.items()}
    path.write_text(json.dumps({**found, **kept}, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
