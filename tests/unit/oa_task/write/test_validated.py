import gzip
import json
from pathlib import Path

import numpy as np
import polars as pl

from oa_task.features.batch import Attributes, Points
from oa_task.features.validation import validate
from oa_task.write.lines import output_batch
from oa_task.write.validated import ValidatedFile


def test_validated_file_has_valid_features_with_normalized_numbers_and_the_hash(tmp_path: Path) -> None:
    frame = pl.DataFrame({"number": ["123 B", "x", "7"], "street": ["É", "Oak", "Elm"]})
    batch = output_batch(Attributes(frame), Points(np.ones(3), np.ones(3)), "addresses")
    file = ValidatedFile(tmp_path / "v.gz")
    file.write(batch, validate(batch.attributes, batch.geometry, "addresses"))
    file.close()
    lines = gzip.decompress((tmp_path / "v.gz").read_bytes()).decode().splitlines(keepends=True)
    first, second = (json.loads(line)["properties"] for line in lines)
    assert first == {"hash": batch.hashes[0], "number": "123b", "street": "É"}
    assert lines[1] == batch.lines[2]
    assert second["number"] == "7"
