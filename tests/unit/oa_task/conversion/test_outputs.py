import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from oa_task.conversion.outputs import Outputs
from oa_task.features.batch import Attributes, Points
from oa_task.features.validation import ValidationResult, validate
from oa_task.write.lines import OutputBatch, output_batch

NAMES = ("number", "street", "unit", "city", "district", "region", "postcode", "id", "accuracy")


def batch(number: str) -> tuple[OutputBatch, ValidationResult]:
    frame = pl.DataFrame({name: [number if name == "number" else "x"] for name in NAMES})
    opened = output_batch(Attributes(frame), Points(np.array([1.0]), np.array([2.0])), "addresses")
    return opened, validate(opened.attributes, opened.geometry, "addresses")


def outputs(folder: Path, *without: str) -> Outputs:
    left_out = frozenset({"preview", "tiles", *without})
    return Outputs("addresses", out=folder, work=folder, previous=None, without=left_out)


def test_outputs_contain_every_batch_in_order(tmp_path: Path) -> None:
    with outputs(tmp_path) as opened:
        for number in range(20):
            opened.put(*batch(str(number)))
        assert opened.close() == {
            "changes": {"previous": False, "added": 20, "removed": 0, "changed": 0, "unchanged": 0}
        }
    lines = gzip.decompress((tmp_path / "source.geojson.gz").read_bytes()).decode().splitlines(keepends=True)
    assert lines == [batch(str(number))[0].lines[0] for number in range(20)]
    assert {path.name for path in tmp_path.iterdir()} == {
        *("source.geojson.gz", "validated.geojson.gz", "source.parquet", "changes.jsonl.gz"),
    }


def raise_inside(opened: Outputs) -> None:
    with opened:
        opened.put(*batch("1"))
        raise ValueError("broken")


def test_outputs_error_removes_all_files(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="broken"):
        raise_inside(outputs(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_outputs_without_are_not_written(tmp_path: Path) -> None:
    with outputs(tmp_path, "validated", "parquet", "changes") as opened:
        opened.put(*batch("1"))
        assert opened.close() == {}
    assert [path.name for path in tmp_path.iterdir()] == ["source.geojson.gz"]
