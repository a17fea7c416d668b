import hashlib
import json
import zipfile
from pathlib import Path

import pyogrio

from oa_local.samples import ADDRESSES, BUILDINGS, PARCELS, definition, write_samples


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.[cg]*")}


def test_write_samples_twice_writes_the_same_bytes(tmp_path: Path) -> None:
    write_samples(tmp_path / "a")
    write_samples(tmp_path / "b")
    assert _digests(tmp_path / "a") == _digests(tmp_path / "b")


def test_write_samples_has_twenty_thousand_features_in_three_files(tmp_path: Path) -> None:
    write_samples(tmp_path)
    lines = (tmp_path / "addresses.csv").read_text("utf-8").splitlines()
    buildings = json.loads((tmp_path / "buildings.geojson").read_text("utf-8"))["features"]
    with zipfile.ZipFile(tmp_path / "parcels.zip") as archive:
        archive.extractall(tmp_path / "parcels")
    (shapefile,) = (tmp_path / "parcels").glob("*.shp")
    parcels = pyogrio.read_info(shapefile)
    assert len(lines) - 1 == ADDRESSES
    assert parcels["features"] == PARCELS
    assert len(buildings) == BUILDINGS
    assert ADDRESSES + PARCELS + BUILDINGS >= 20_000
    assert parcels["crs"] == "EPSG:32614"


def test_definition_has_one_entry_per_layer() -> None:
    layers = definition("http://127.0.0.1:1")["layers"]
    assert {layer: len(entries) for layer, entries in layers.items()} == {
        "addresses": 1,
        "parcels": 1,
        "buildings": 1,
    }
