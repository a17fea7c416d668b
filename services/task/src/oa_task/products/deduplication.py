"""One row of each address where several datasets, or one, have it more than once (docs/products.md, Deduplication).

Which rows stay does not depend on the order of rows or datasets, and doing it again drops nothing more.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from oa_task.products.address_normalization import comparison_form
from oa_task.products.parts import Part, PartFile
from oa_task.products.plan import ProductInput
from oa_task.products.proximity import KeptAddresses
from oa_task.products.rows import RowBatch

BUCKET_ROWS = 1_000_000
_MOST_BUCKETS = 256
_KEY_SEED, _POSTCODE_SEED = 1, 2
_STATE_WORDS = frozenset({"state", "statewide", "province", "region", "territory"})
_COUNTRY_WORDS = frozenset({"country", "countrywide", "nationwide", "national"})
_CITY_WORDS = frozenset({"city", "town", "village", "municipality", "township", "borough"})
_LEVELS = (_CITY_WORDS, frozenset({"county", "district"}), _STATE_WORDS, _COUNTRY_WORDS)
_COUNTY = 1
RECORD = np.dtype(
    [
        *(("key", "<u8"), ("rank", "<u4"), ("hash", "<u8"), ("x", "<f8"), ("y", "<f8")),
        *(("postcode", "<u8"), ("row", "<u8")),
    ]
)
Dropped = dict[str, int]


@dataclass(frozen=True, slots=True)
class DatasetRanking:
    """Which dataset's row stays: `ranks` by label, best first; `levels` by rank, 0 is the finest."""

    ranks: dict[str, int]
    levels: list[int]

    def reason(self, kept: int, dropped: int) -> str:
        """Return why a row of one rank gives way to a row of another."""
        if kept == dropped:
            return "repeated"
        return "finer_level" if self.levels[kept] < self.levels[dropped] else "newer"


def rank_datasets(inputs: Iterable[ProductInput]) -> DatasetRanking:
    """Return the order of datasets: the finer level first, then the newer job, then the label."""
    ordered = sorted(inputs, key=lambda about: (level_of(about), -about.job, about.label))
    first = {about.label: about for about in reversed(ordered)}
    best = sorted(first.values(), key=lambda about: (level_of(about), -about.job, about.label))
    return DatasetRanking({about.label: rank for rank, about in enumerate(best)}, [level_of(about) for about in best])


def level_of(about: ProductInput) -> int:
    """Return 0 for a city, 1 for a county, 2 for a state, 3 for a country: by the entry's name, else by the source's.

    What says nothing counts as a county.
    """
    for text in (about.name, about.source_name.rpartition("/")[2]):
        words = set(text.lower().replace("-", "_").replace(" ", "_").split("_"))
        for level, names in enumerate(_LEVELS):
            if words & names:
                return level
    return _COUNTY


def deduplicate(part: Part, order: DatasetRanking, work: Path) -> tuple[Part, Dropped]:
    """Return a part without the rows that give way to others, and how many did for which reason.

    Rows that may be the same address meet in one bucket on disk; memory holds one bucket, and a byte for each row.
    """
    folder = work / f"buckets-{part.path.stem}"
    folder.mkdir()
    is_kept = np.ones(part.count, dtype=bool)
    dropped: Counter[str] = Counter()
    for path in _buckets(part, order, folder):
        rows, reasons = find_duplicates(np.fromfile(path, dtype=RECORD), order)
        is_kept[rows] = False
        dropped.update(reasons)
        path.unlink()
    folder.rmdir()
    return _kept(part, is_kept, work), dict(sorted(dropped.items()))


def _buckets(part: Part, order: DatasetRanking, folder: Path) -> list[Path]:
    """Put what can be compared into files, each with all rows of its keys."""
    bits = min(part.count // BUCKET_ROWS, _MOST_BUCKETS - 1).bit_length()
    paths = [folder / str(number) for number in range(1 << bits)]
    first_row = 0
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("wb")) for path in paths]
        for rows in part.rows():
            records = _records(rows, order, first_row)
            first_row += len(rows)
            numbers = records["key"] >> np.uint64(64 - bits) if bits else np.zeros(len(records), dtype=np.uint64)
            for number in np.unique(numbers).tolist():
                files[number].write(records[numbers == number].tobytes())
    return paths


def _records(rows: RowBatch, order: DatasetRanking, first_row: int) -> np.ndarray:
    """Return what is compared of each row with a number, a street and a place."""
    frame = pl.DataFrame(pa.Table.from_batches([rows.batch.drop_columns(["geometry", "bbox"])]))
    form = comparison_form(frame)
    key = pl.concat_str("number", "street", "unit", separator="\x1f").hash(_KEY_SEED).alias("key")
    postcode = pl.when(pl.col("postcode") == "").then(0).otherwise(pl.col("postcode").hash(_POSTCODE_SEED) | 1)
    numbers = form.select(key, postcode.cast(pl.UInt64).alias("postcode"))
    records = np.zeros(len(rows), dtype=RECORD)
    records["key"], records["postcode"] = numbers["key"].to_numpy(), numbers["postcode"].to_numpy()
    records["rank"] = frame["source"].replace_strict(order.ranks, return_dtype=pl.UInt32).to_numpy()
    records["hash"] = frame["hash"].str.to_integer(base=16, dtype=pl.UInt64).to_numpy()
    bounds = rows.bounds
    records["x"], records["y"] = bounds[:, 0], bounds[:, 1]
    records["row"] = np.arange(first_row, first_row + len(rows))
    is_there = ~np.isnan(records["x"]) & ((form["number"] != "") & (form["street"] != "")).to_numpy()
    found: np.ndarray = records[is_there]
    return found


def find_duplicates(records: np.ndarray, order: DatasetRanking) -> tuple[list[int], list[str]]:
    """Return the rows that give way to others, and why each does. `records` hold all rows of their keys."""
    ordered = np.sort(records, order=["key", "rank", "hash", "x", "y", "postcode"])
    _, starts, counts = np.unique(ordered["key"], return_index=True, return_counts=True)
    several = counts > 1
    rows: list[int] = []
    reasons: list[str] = []
    for start, count in zip(starts[several].tolist(), counts[several].tolist(), strict=True):
        for row, reason in _group(ordered[start : start + count], order):
            rows.append(row)
            reasons.append(reason)
    return rows, reasons


def _group(group: np.ndarray, order: DatasetRanking) -> Iterator[tuple[int, str]]:
    """Yield the rows of one address that give way; the best come first, and each stays unless one like it stayed."""
    kept = KeptAddresses(is_large=len(group) > KeptAddresses.FEW)
    columns = (group[name].tolist() for name in ("rank", "x", "y", "postcode", "row"))
    for rank, x, y, postcode, row in zip(*columns, strict=True):
        other = kept.near(x, y, postcode)
        if other is None:
            kept.add(rank, x, y, postcode)
        else:
            yield row, order.reason(other, rank)


def _kept(part: Part, is_kept: np.ndarray, work: Path) -> Part:
    file = PartFile(work / f"deduplicated-{part.path.name}", part.key)
    first_row = 0
    for rows in part.rows():
        file.write(rows.chosen(is_kept[first_row : first_row + len(rows)]))
        first_row += len(rows)
    return file.close()
