"""`cache.zip` has the raw files byte for byte, compressed where that helps."""

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pytest

from oa_task.runner.raw_cache import write_raw_cache

TEXT = b"".join(b"%d,Main Street\n" % number for number in range(200_000))
NOISE = np.random.default_rng(1).bytes(3_000_000)


@pytest.mark.parametrize(
    ("content", "method", "most_bytes"),
    [
        (TEXT, zipfile.ZIP_DEFLATED, len(TEXT) // 3),
        (gzip.compress(NOISE.hex().encode()), zipfile.ZIP_STORED, 2 * len(NOISE)),
        (NOISE, zipfile.ZIP_STORED, len(NOISE) + 1_000),
        (b"", zipfile.ZIP_STORED, 1_000),
        (b"1", zipfile.ZIP_STORED, 1_000),
    ],
)
def test_write_raw_cache_compresses_what_shrinks(tmp_path: Path, content: bytes, method: int, most_bytes: int) -> None:
    raw, target = tmp_path / "data", tmp_path / "cache.zip"
    raw.write_bytes(content)
    write_raw_cache([raw], target)
    with zipfile.ZipFile(target) as archive:
        (member,) = archive.infolist()
        assert archive.testzip() is None
        assert (member.filename, member.compress_type, archive.read(member)) == ("data", method, content)
    assert target.stat().st_size < most_bytes


def test_write_raw_cache_copies_a_zip(tmp_path: Path) -> None:
    raw, target = tmp_path / "data.zip", tmp_path / "cache.zip"
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("a.csv", TEXT)
    write_raw_cache([raw], target)
    assert target.read_bytes() == raw.read_bytes()


def test_write_raw_cache_several_files_are_numbered(tmp_path: Path) -> None:
    raws = [tmp_path / folder / "data" for folder in "ab"]
    for raw in raws:
        raw.parent.mkdir()
        raw.write_bytes(raw.parent.name.encode() * 1_000)
    write_raw_cache(raws, tmp_path / "cache.zip")
    with zipfile.ZipFile(tmp_path / "cache.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "1-data": b"a" * 1000,
            "2-data": b"b" * 1000,
        }
