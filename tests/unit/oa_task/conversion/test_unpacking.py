"""Untrusted archives."""

import gzip
import io
import stat
import zipfile
from pathlib import Path

import pytest

from oa_task.conversion.unpacking import UnpackLimits, unpack
from oa_task.runtime.failure import TaskFailure


def write_zip(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("compression", ["zip", None])
def test_unpack_nested_zip_is_unpacked_with_or_without_compression(
    tmp_path: Path, out: Path, compression: str | None
) -> None:
    inner = write_zip(tmp_path / "inner.zip", **{"b.csv": b"b"})
    outer = write_zip(tmp_path / "outer.zip", **{"x/a.csv": b"a", "x/inner.zip": inner.read_bytes()})
    files = unpack(outer, compression, out)
    assert [str(path.relative_to(out)) for path in files] == ["x/a.csv", "x/inner.zip/b.csv"]


def test_unpack_gzip_removes_the_suffix(tmp_path: Path, out: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"text"))
    (unpacked,) = unpack(path, None, out)
    assert unpacked.name == "a.csv"
    assert unpacked.read_bytes() == b"text"


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "C:\\evil", "..\\evil"])
def test_unpack_entry_outside_the_archive_fails_and_writes_nothing(tmp_path: Path, out: Path, name: str) -> None:
    with pytest.raises(TaskFailure) as caught:
        unpack(write_zip(tmp_path / "a.zip", **{name: b"x"}), "zip", out)
    assert caught.value.code == "source.archive"
    assert not list(tmp_path.glob("**/evil"))


def test_unpack_symbolic_link_fails(tmp_path: Path, out: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(TaskFailure, match="'link'") as caught:
        unpack(path, "zip", out)
    assert caught.value.code == "source.archive"


def test_unpack_ratio_above_100_fails(tmp_path: Path, out: Path) -> None:
    path = write_zip(tmp_path / "a.zip", bomb=b"\0" * 40_000_000)
    with pytest.raises(TaskFailure) as caught:
        unpack(path, "zip", out)
    assert caught.value.code == "source.too_large"


def test_unpack_too_many_entries_fails(tmp_path: Path, out: Path) -> None:
    path = write_zip(tmp_path / "a.zip", **{f"f{place}": b"" for place in range(4)})
    with pytest.raises(TaskFailure, match="3 entries") as caught:
        unpack(path, "zip", out, UnpackLimits(entries=3))
    assert caught.value.code == "source.archive"


@pytest.mark.parametrize(("body", "kind"), [(b"PK\x03\x04broken", "zip"), (b"\x1f\x8bbroken", "gzip")])
def test_unpack_damaged_archive_fails(tmp_path: Path, out: Path, body: bytes, kind: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(body)
    with pytest.raises(TaskFailure, match=rf"\ba\b.* {kind} ") as caught:
        unpack(path, None, out)
    assert caught.value.code == "source.archive"


def test_unpack_truncated_gzip_fails(tmp_path: Path, out: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(io.BytesIO(bytes(range(256)) * 100).read())[:-20])
    with pytest.raises(TaskFailure) as caught:
        unpack(path, "gzip", out)
    assert caught.value.code == "source.archive"
