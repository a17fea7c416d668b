"""Print each use of a banned phrase, then how many each part of the repository has.

    python tests/unit/language/report.py [--root CHECKOUT] [--kind KIND]... [--counts] [PATH]...

PATH is a file or folder relative to the root of the checkout; without one, all of it.
"""

import argparse
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
    options = parser.parse_args()
    every = texts_of(options.root, tuple(options.paths))
    texts = (text for text in every if not options.kind or text.kind in options.kind)
    found = list(find(texts, load(options.root), options.root))
    if not options.counts:
        print(*found, sep="\n")
    kinds = Counter(finding.kind for finding in found)
    print("\nby kind:", ", ".join(f"{kind} {count}" for kind, count in kinds.most_common()))
    print("by part:", ", ".join(f"{name} {count}" for name, count in counts(found).items()))
    print("in all:", len(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
