"""Archives from strangers."""

import gzip
import io
import stat
import zipfile
from pathlib import Path

import pytest

from oa_task.conversion.unpacking import UnpackLimits, unpack
from oa_task.runtime.failure import TaskFailure


def packed(path: Path, **members: bytes) -> Path:
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
def test_unpack_zip_in_zip_is_unpacked_whether_named_or_not(tmp_path: Path, out: Path, compression: str | None) -> None:
    inner = packed(tmp_path / "inner.zip", **{"b.csv": b"b"})
    outer = packed(tmp_path / "outer.zip", **{"x/a.csv": b"a", "x/inner.zip": inner.read_bytes()})
    files = unpack(outer, compression, out)
    assert [str(path.relative_to(out)) for path in files] == ["x/a.csv", "x/b.csv"]


def test_unpack_gzip_loses_its_ending(tmp_path: Path, out: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"text"))
    (unpacked,) = unpack(path, None, out)
    assert (unpacked.name, unpacked.read_bytes()) == ("a.csv", b"text")


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "C:\\evil", "..\\evil"])
def test_unpack_entry_that_leaves_its_folder_is_refused_and_leaves_nothing(
    tmp_path: Path, out: Path, name: str
) -> None:
    with pytest.raises(TaskFailure) as caught:
        unpack(packed(tmp_path / "a.zip", **{name: b"x"}), "zip", out)
    assert caught.value.code == "source.archive"
    assert not list(tmp_path.glob("**/evil"))


def test_unpack_link_is_refused(tmp_path: Path, out: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(TaskFailure, match="is a link"):
        unpack(path, "zip", out)


def test_unpack_hundred_times_its_size_is_refused(tmp_path: Path, out: Path) -> None:
    path = packed(tmp_path / "a.zip", bomb=b"\0" * 40_000_000)
    with pytest.raises(TaskFailure) as caught:
        unpack(path, "zip", out)
    assert caught.value.code == "source.too_large"


def test_unpack_too_many_entries_is_refused(tmp_path: Path, out: Path) -> None:
    path = packed(tmp_path / "a.zip", **{f"f{place}": b"" for place in range(4)})
    with pytest.raises(TaskFailure, match="more than 3 entries"):
        unpack(path, "zip", out, UnpackLimits(entries=3))


@pytest.mark.parametrize(("body", "kind"), [(b"PK\x03\x04broken", "zip"), (b"\x1f\x8bbroken", "gzip")])
def test_unpack_broken_archive_is_refused(tmp_path: Path, out: Path, body: bytes, kind: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(body)
    with pytest.raises(TaskFailure, match=f"not a sound {kind}"):
        unpack(path, None, out)


def test_unpack_gzip_cut_off_is_refused(tmp_path: Path, out: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(io.BytesIO(bytes(range(256)) * 100).read())[:-20])
    with pytest.raises(TaskFailure):
        unpack(path, "gzip", out)
