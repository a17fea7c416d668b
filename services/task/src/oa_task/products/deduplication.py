"""One row of each address that one dataset or is_repeated repeat (docs/products.md, "Deduplication").

The result does not depend on the order of rows or datasets, and deduplicating it again drops nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from oa_shared.product_plans import ProductInput
from oa_task.products.address_normalization import normalize_addresses
from oa_task.products.parts import Part, PartFile
from oa_task.products.proximity import KeptAddresses
from oa_task.products.rows import RowBatch

BUCKET_ROWS = 1_000_000
_MAX_BUCKETS = 256
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
    """The preferred datasets: `ranks` by label, 0 is the best; `levels` by rank, 0 is the finest."""

    ranks: dict[str, int]
    levels: list[int]

    def reason(self, kept: int, dropped: int) -> str:
        """Return the reason to drop a row of one rank for a row of another: repeated, finer_level or newer."""
        if kept == dropped:
            return "repeated"
        return "finer_level" if self.levels[kept] < self.levels[dropped] else "newer"


def rank_datasets(inputs: Iterable[ProductInput]) -> DatasetRanking:
    """Return the ranking of datasets: by finer level, then newer job, then label."""
    ordered = sorted(inputs, key=_preference)
    first = {item.label: item for item in reversed(ordered)}
    best = sorted(first.values(), key=_preference)
    return DatasetRanking({item.label: rank for rank, item in enumerate(best)}, [level_of(item) for item in best])


def _preference(item: ProductInput) -> tuple[int, int, str]:
    return level_of(item), -item.job, item.label


def level_of(item: ProductInput) -> int:
    """Return 0 for a city, 1 for a county, 2 for a state, 3 for a country.

    The name of the entry decides, then the name of the source; a county is the default.
    """
    for text in (item.name, item.source_name.rpartition("/")[2]):
        words = set(text.lower().replace("-", "_").replace(" ", "_").split("_"))
        for level, names in enumerate(_LEVELS):
            if words & names:
                return level
    return _COUNTY


def deduplicate(part: Part, ranking: DatasetRanking, work: Path) -> tuple[Part, Dropped]:
    """Return the part without duplicates, and the number of dropped rows by reason.

    Rows that may be the same address are in the same bucket on disk; memory holds one bucket, and a byte for each row.
    """
    folder = work / f"buckets-{part.path.stem}"
    folder.mkdir()
    is_kept = np.ones(part.count, dtype=bool)
    dropped: Counter[str] = Counter()
    for path in _write_buckets(part, ranking, folder):
        rows, reasons = find_duplicates(np.fromfile(path, dtype=RECORD), ranking)
        is_kept[rows] = False
        dropped.update(reasons)
        path.unlink()
    folder.rmdir()
    return _write_kept(part, is_kept, work), dict(sorted(dropped.items()))


def _write_buckets(part: Part, ranking: DatasetRanking, folder: Path) -> list[Path]:
    """Write the records of all rows to files; a file has all records of its keys."""
    bits = min(part.count // BUCKET_ROWS, _MAX_BUCKETS - 1).bit_length()
    paths = [folder / str(number) for number in range(1 << bits)]
    first_row = 0
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("wb")) for path in paths]
        for rows in part.rows():
            records = _records(rows, ranking, first_row)
            first_row += len(rows)
            numbers = records["key"] >> np.uint64(64 - bits) if bits else np.zeros(len(records), dtype=np.uint64)
            for number in np.unique(numbers).tolist():
                files[number].write(records[numbers == number].tobytes())
    return paths


def _records(rows: RowBatch, ranking: DatasetRanking, first_row: int) -> np.ndarray:
    """Return a record for each row with a number, a street and a geometry."""
    frame = pl.DataFrame(pa.Table.from_batches([rows.batch.drop_columns(["geometry", "bbox"])]))
    normalized = normalize_addresses(frame)
    key = pl.concat_str("number", "street", "unit", separator="\x1f").hash(_KEY_SEED).alias("key")
    postcode = pl.when(pl.col("postcode") == "").then(0).otherwise(pl.col("postcode").hash(_POSTCODE_SEED) | 1)
    hashes = normalized.select(key, postcode.cast(pl.UInt64).alias("postcode"))
    records = np.zeros(len(rows), dtype=RECORD)
    records["key"], records["postcode"] = hashes["key"].to_numpy(), hashes["postcode"].to_numpy()
    records["rank"] = frame["source"].replace_strict(ranking.ranks, return_dtype=pl.UInt32).to_numpy()
    records["hash"] = frame["hash"].str.to_integer(base=16, dtype=pl.UInt64).to_numpy()
    bounds = rows.bounds
    records["x"], records["y"] = bounds[:, 0], bounds[:, 1]
    records["row"] = np.arange(first_row, first_row + len(rows))
    is_comparable = ~np.isnan(records["x"]) & ((normalized["number"] != "") & (normalized["street"] != "")).to_numpy()
    return np.asarray(records[is_comparable])


def find_duplicates(records: np.ndarray, ranking: DatasetRanking) -> tuple[list[int], list[str]]:
    """Return the numbers of the duplicate rows, and the reason for each. `records` has all records of its keys."""
    ordered = np.sort(records, order=["key", "rank", "hash", "x", "y", "postcode"])
    _, starts, counts = np.unique(ordered["key"], return_index=True, return_counts=True)
    is_repeated = counts > 1
    rows: list[int] = []
    reasons: list[str] = []
    for start, count in zip(starts[is_repeated].tolist(), counts[is_repeated].tolist(), strict=True):
        for row, reason in _duplicates_of(ordered[start : start + count], ranking):
            rows.append(row)
            reasons.append(reason)
    return rows, reasons


def _duplicates_of(group: np.ndarray, ranking: DatasetRanking) -> Iterator[tuple[int, str]]:
    """Yield the duplicates in one address. The best rows come first; a row is kept unless it duplicates a kept one."""
    kept = KeptAddresses(is_large=len(group) > KeptAddresses.FEW)
    columns = (group[name].tolist() for name in ("rank", "x", "y", "postcode", "row"))
    for rank, x, y, postcode, row in zip(*columns, strict=True):
        other = kept.best_duplicate_rank(x, y, postcode)
        if other is None:
            kept.add(rank, x, y, postcode)
        else:
            yield row, ranking.reason(other, rank)


def _write_kept(part: Part, is_kept: np.ndarray, work: Path) -> Part:
    file = PartFile(work / f"deduplicated-{part.path.name}", part.key)
    first_row = 0
    for rows in part.rows():
        file.write(rows.select(is_kept[first_row : first_row + len(rows)]))
        first_row += len(rows)
    return file.close()
