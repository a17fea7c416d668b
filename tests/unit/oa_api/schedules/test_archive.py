"""Reading a repository: its limits, and untrusted content."""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from oa_api.schedules.archive import ArchiveLimits, RepositoryError, read_archive, read_folder
from support.archives import tar_files, zip_files

FILES = {
    "repo-abc/sources/us/ca/b.json": b"{}",
    "repo-abc/sources/at/a.json": b"[]",
    "repo-abc/README.md": b"",
    "repo-abc/sources/us/notes.txt": b"",
    "repo-abc/test/deep/sources/x.json": b"{}",
}
PATHS = [("sources/at/a.json", b"[]"), ("sources/us/ca/b.json", b"{}")]


@pytest.mark.parametrize("packed", [zip_files, tar_files])
def test_archive_returns_definitions_below_sources_in_order(packed: Callable[..., io.BytesIO]) -> None:
    assert [(member.path, member.body) for member in read_archive(packed(FILES))] == PATHS


@pytest.mark.parametrize("packed", [zip_files, tar_files])
@pytest.mark.parametrize("name", ["repo/sources/../../etc/x.json", "../sources/x.json"])
def test_archive_paths_with_parent_folders_are_left_out(packed: Callable[..., io.BytesIO], name: str) -> None:
    members = read_archive(packed({name: b"{}", "repo/sources/a.json": b"{}"}))
    assert [member.path for member in members] == ["sources/a.json"]


@pytest.mark.parametrize("packed", [zip_files, tar_files])
def test_huge_definition_in_an_archive_is_listed_without_its_body(packed: Callable[..., io.BytesIO]) -> None:
    files = {"r/sources/bomb.json": b" " * 5000, "r/sources/a.json": b"{}"}
    members = read_archive(packed(files), ArchiveLimits(definition_bytes=1000))
    assert [(member.path, member.body) for member in members] == [
        ("sources/a.json", b"{}"),
        ("sources/bomb.json", None),
    ]


@pytest.mark.parametrize("packed", [zip_files, tar_files])
@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (ArchiveLimits(entries=1), "more than 1 entries"),
        (ArchiveLimits(definitions=1), "more than 1 definitions"),
        (ArchiveLimits(total_bytes=3), "more than 3 bytes"),
    ],
)
def test_archive_beyond_a_limit_is_refused(
    packed: Callable[..., io.BytesIO], limits: ArchiveLimits, reason: str
) -> None:
    with pytest.raises(RepositoryError, match=reason):
        read_archive(packed(FILES), limits)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>", "neither a zip file nor"),
        (b"", "neither a zip file nor"),
        (tar_files(FILES).getvalue()[:120], "broken"),
        (zip_files(FILES).getvalue()[:120], "broken"),
        (zip_files({"readme": b""}).getvalue(), "no definition"),
    ],
)
def test_invalid_archive_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(RepositoryError, match=reason):
        read_archive(io.BytesIO(body))


def test_archive_with_links_does_not_follow_them() -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        link = tarfile.TarInfo("r/sources/link.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        plain = tarfile.TarInfo("r/sources/a.json")
        archive.addfile(plain, io.BytesIO())
    assert [member.path for member in read_archive(file)] == ["sources/a.json"]


def test_folder_returns_its_definitions_and_follows_no_link(tmp_path: Path) -> None:
    inner = tmp_path / "sources" / "us"
    inner.mkdir(parents=True)
    (inner / "a.json").write_bytes(b"{}")
    (inner / "link.json").symlink_to(inner / "a.json")
    assert [(member.path, member.body) for member in read_folder(tmp_path)] == [("sources/us/a.json", b"{}")]


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="no folder"):
        read_folder(tmp_path / "absent")
