"""Conform a CSV file row by row: `python -m bench.reference DEFINITION LAYER NAME DATA OUT`, in `tests`."""

import json
import sys
import time
from pathlib import Path

from bench.reference.source import convert, entry_of


def main(definition: str, layer: str, name: str, data: str, out: str) -> None:
    """Write OUT; print the number of features and the seconds."""
    started = time.perf_counter()
    entry = entry_of(json.loads(Path(definition).read_text("utf-8")), layer, name)
    with Path(out).open("w", encoding="utf-8") as file:
        count = convert(Path(data), entry["conform"], layer, file)
    seconds = time.perf_counter() - started
    print(json.dumps({"features": count, "seconds": round(seconds, 3)}))


main(*sys.argv[1:])
