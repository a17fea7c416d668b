"""The layer that the definition names is read; a choice among several, tables and compressed tables are reported."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from oa_task.read.gdal import DRIVERS, pyogrio
from oa_task.runtime.failure import TaskFailure
from support.readers import read_files


def write_layers(path: Path, **layers: int | None) -> Path:
    """Write a layer of that many points for each name; a table of one row without shapes for None."""
    for name, count in layers.items():
        numbers = np.array([f"{name} {place}" for place in range(count or 1)], dtype=object)
        options: dict[str, Any] = {"layer": name, "append": path.exists(), "driver": DRIVERS[path.suffix[1:]]}
        if count is None:
            pyogrio.raw.write(path, None, [numbers], ["NO"], geometry_type=None, crs=None, **options)
        else:
            bodies = shapely.to_wkb(shapely.points([[place, place] for place in range(count)]))
            pyogrio.raw.write(path, bodies, [numbers], ["NO"], geometry_type="Point", crs="EPSG:4326", **options)
    return path


def compress(path: Path, layer: str) -> None:
    """Put a compressed table into a geodatabase, as Esri's software leaves it; the catalog keeps its name."""
    (path / f"{layer}.gdbtable.cdf").write_bytes(bytes(1028))


@pytest.fixture(params=["gpkg", "gdb"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("layer", ["Address", "address", "ADDRESS", 1, "1"])
def test_layer_by_name_in_any_case_or_number_is_read(kind: str, layer: object, tmp_path: Path) -> None:
    path = write_layers(tmp_path / f"a.{kind}", Roads=2, Address=3)
    result = read_files([path] if kind == "gpkg" else sorted(path.iterdir()), {"format": kind, "layer": layer})
    assert result.column("NO") == ["Address 0", "Address 1", "Address 2"]
    assert result.bad_rows.warnings == []


def test_first_of_several_layers_is_read_with_a_warning(kind: str, tmp_path: Path) -> None:
    path = write_layers(tmp_path / f"a.{kind}", Roads=2, Address=3)
    result = read_files([path] if kind == "gpkg" else sorted(path.iterdir()), {"format": kind})
    assert result.column("NO") == ["Roads 0", "Roads 1"]
    assert any("read Roads; not read: Address" in warning for warning in result.bad_rows.warnings)


def test_table_before_the_layer_is_skipped_with_a_warning(tmp_path: Path) -> None:
    path = write_layers(tmp_path / "a.gdb", Codes=None, Address=1)
    result = read_files(sorted(path.iterdir()), {"format": "gdb"})
    assert result.column("NO") == ["Address 0"]
    assert any("read Address; not read: Codes" in warning for warning in result.bad_rows.warnings)


def test_table_behind_the_only_layer_is_no_choice(kind: str, tmp_path: Path) -> None:
    path = write_layers(tmp_path / f"a.{kind}", Address=1, Codes=None)
    assert read_files([path] if kind == "gpkg" else sorted(path.iterdir()), {"format": kind}).bad_rows.warnings == []


def test_only_tables_fail_without_advice_about_the_crs(kind: str, tmp_path: Path) -> None:
    path = write_layers(tmp_path / f"a.{kind}", Codes=None)
    files = [path] if kind == "gpkg" else sorted(path.iterdir())
    with pytest.raises(TaskFailure, match="no layer with shapes; its tables are Codes") as caught:
        read_files(files, {"format": kind})
    assert caught.value.code == "source.format"
    assert "srs" not in caught.value.message


def test_compressed_table_is_a_warning_and_the_reason_of_a_missing_layer(tmp_path: Path) -> None:
    path = write_layers(tmp_path / "a.gdb", Address=1)
    compress(path, "a00000020")
    files = sorted(path.iterdir())
    result = read_files(files, {"format": "gdb"})
    assert result.column("NO") == ["Address 0"]
    assert any("compressed" in warning and "a00000020" in warning for warning in result.bad_rows.warnings)
    with pytest.raises(TaskFailure, match=r"missing layer 'Parcels'.*compressed.*CDF") as caught:
        read_files(files, {"format": "gdb", "layer": "Parcels"})
    assert caught.value.code == "source.format"


def test_geodatabase_of_compressed_tables_fails_with_that_reason(tmp_path: Path) -> None:
    path = write_layers(tmp_path / "a.gdb", Address=1)
    for table in path.glob("*.gdbtable"):
        table.rename(table.with_name(f"{table.name}.cdf"))
    with pytest.raises(TaskFailure, match="compressed") as caught:
        read_files(sorted(path.iterdir()), {"format": "gdb"})
    assert caught.value.code == "source.format"
