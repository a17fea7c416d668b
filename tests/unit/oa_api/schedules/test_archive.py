"""Reading a repository: what it may hold, and that nothing in it can do harm."""

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
def test_archive_gives_definitions_below_sources_in_order(packed: Callable[..., io.BytesIO]) -> None:
    assert [(member.path, member.body) for member in read_archive(packed(FILES))] == PATHS


@pytest.mark.parametrize("packed", [zip_files, tar_files])
@pytest.mark.parametrize("name", ["repo/sources/../../etc/x.json", "../sources/x.json"])
def test_archive_with_paths_that_climb_gives_nothing_of_them(packed: Callable[..., io.BytesIO], name: str) -> None:
    found = read_archive(packed({name: b"{}", "repo/sources/a.json": b"{}"}))
    assert [member.path for member in found] == ["sources/a.json"]


@pytest.mark.parametrize("packed", [zip_files, tar_files])
def test_archive_with_a_huge_definition_names_it_and_does_not_read_it(packed: Callable[..., io.BytesIO]) -> None:
    files = {"r/sources/bomb.json": b" " * 5000, "r/sources/a.json": b"{}"}
    found = read_archive(packed(files), ArchiveLimits(definition_bytes=1000))
    assert [(member.path, member.body) for member in found] == [("sources/a.json", b"{}"), ("sources/bomb.json", None)]


@pytest.mark.parametrize("packed", [zip_files, tar_files])
@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (ArchiveLimits(entries=1), "more than 1 entries"),
        (ArchiveLimits(definitions=1), "more than 1 definitions"),
        (ArchiveLimits(total_bytes=3), "more than 3 bytes"),
    ],
)
def test_archive_beyond_a_limit_is_refused(
    packed: Callable[..., io.BytesIO], limits: ArchiveLimits, words: str
) -> None:
    with pytest.raises(RepositoryError, match=words):
        read_archive(packed(FILES), limits)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html>", "neither a zip file nor"),
        (b"", "neither a zip file nor"),
        (tar_files(FILES).getvalue()[:120], "broken"),
        (zip_files(FILES).getvalue()[:120], "broken"),
        (zip_files({"readme": b""}).getvalue(), "no definition"),
    ],
)
def test_archive_that_is_none_is_refused_in_words(body: bytes, words: str) -> None:
    with pytest.raises(RepositoryError, match=words):
        read_archive(io.BytesIO(body))


def test_archive_with_links_does_not_follow_them() -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        link = tarfile.TarInfo("r/sources/link.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        plain = tarfile.TarInfo("r/sources/a.json")
        archive.addfile(plain, io.BytesIO())
    assert [member.path for member in read_archive(made)] == ["sources/a.json"]


def test_folder_gives_its_definitions_and_follows_no_link(tmp_path: Path) -> None:
    inner = tmp_path / "sources" / "us"
    inner.mkdir(parents=True)
    (inner / "a.json").write_bytes(b"{}")
    (inner / "link.json").symlink_to(inner / "a.json")
    assert [(member.path, member.body) for member in read_folder(tmp_path)] == [("sources/us/a.json", b"{}")]


def test_folder_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="no folder"):
        read_folder(tmp_path / "absent")
