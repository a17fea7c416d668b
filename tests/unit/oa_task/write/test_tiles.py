from pathlib import Path

import numpy as np
import polars as pl
import pytest
from pmtiles.reader import MmapSource, Reader

from oa_task.features.batch import Attributes, Points
from oa_task.runtime.failure import TaskFailure
from oa_task.write.gzip import GzipTextFile
from oa_task.write.lines import output_batch
from oa_task.write.tiles import write_tiles


def features(path: Path) -> Path:
    frame = pl.DataFrame({"number": ["1", "2"], "street": ["Élan", "Oak"], "district": ["", ""]})
    points = Points(np.array([-122.5, -122.4]), np.array([45.0, 45.1]))
    file = GzipTextFile(path)
    file.write(output_batch(Attributes(frame), points, "addresses").lines)
    file.close()
    return path


def test_write_tiles_has_all_zooms_and_the_selected_attributes(tmp_path: Path) -> None:
    target = tmp_path / "source.pmtiles"
    write_tiles(features(tmp_path / "x.geojson.gz"), target, layer="addresses", work=tmp_path)
    with target.open("rb") as file:
        reader = Reader(MmapSource(file))
        header = reader.header()
        (layer,) = reader.metadata()["vector_layers"]
    assert header["min_zoom"] == 0
    assert header["max_zoom"] == 14
    assert layer["id"] == "addresses"
    assert set(layer["fields"]) == {"number", "street"}


def test_write_tiles_damaged_features_fail_and_leave_no_file(tmp_path: Path) -> None:
    damaged = tmp_path / "x.geojson"
    damaged.write_text('{"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [1')
    with pytest.raises(TaskFailure, match="tippecanoe ended with status") as caught:
        write_tiles(damaged, tmp_path / "source.pmtiles", layer="addresses", work=tmp_path)
    assert caught.value.code == "bug.crash"
    assert not (tmp_path / "source.pmtiles").exists()
