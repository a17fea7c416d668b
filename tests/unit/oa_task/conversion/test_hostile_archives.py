"""Nothing in an archive overwrites anything or leaves its folder; budgets hold through all nestings and codecs."""

import bz2
import contextlib
import gzip
import io
import lzma
import random
import struct
import tarfile
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oa_task.conversion import unpack_budget
from oa_task.conversion.archive_members import NameHints
from oa_task.conversion.member_names import decode_names
from oa_task.conversion.unpack_budget import UnpackLimits
from oa_task.conversion.unpacking import unpack
from oa_task.features.bad_rows import BadRows
from oa_task.read.content_match import match_content
from oa_task.read.request import ReadRequest
from oa_task.runtime.failure import TaskFailure
from support.packings import CONTAINERS, STREAMS, pack_7z, pack_tar, pack_zip, zip_entries

JUNK = (
    *("__MACOSX/._a.csv", "._a.csv", "x/._a.csv", ".DS_Store", "x/.DS_Store", "Thumbs.db", "x/THUMBS.DB"),
    *("desktop.ini", "ehthumbs.db", "@eaDir/a.csv", "~$a.xlsx", ".~lock.a.ods#", "Icon\r", ".AppleDouble/a.csv"),
)
_PART = st.sampled_from(["a", "A", "b", "é", unicodedata.normalize("NFD", "é"), "a.csv", "A.CSV", "x.zip", "x.tar"])
_NAMES = st.lists(_PART, min_size=1, max_size=3).map("/".join)
_ENTRIES = st.lists(st.tuples(_NAMES, st.binary(min_size=1, max_size=6)), min_size=1, max_size=8)


def unpack_body(body: bytes, folder: Path, limits: UnpackLimits | None = None, **hints: str) -> list[Path]:
    path, out = folder / "download", folder / "out"
    out.mkdir()
    path.write_bytes(body)
    return unpack(path, None, out, limits, hints=NameHints(hints.get("encoding"), hints.get("file")))


def names_of(files: list[Path], folder: Path) -> list[str]:
    return [path.relative_to(folder / "out").as_posix() for path in files]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(entries=_ENTRIES, nested=st.lists(_ENTRIES, max_size=2), names=st.lists(_NAMES, min_size=2, max_size=2))
def test_every_content_comes_out_once_whatever_the_names(
    entries: list[tuple[str, bytes]], nested: list[list[tuple[str, bytes]]], names: list[str]
) -> None:
    def pack(items: list[tuple[str, bytes]]) -> bytes:
        return zip_entries([(name.encode(), b"=" + body) for name, body in items], flags=0x800)

    outer = [(name.encode(), b"=" + body) for name, body in entries]
    outer += [(name.encode(), pack(items)) for name, items in zip(names, nested, strict=False)]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        files = unpack_body(zip_entries(outer, flags=0x800), folder)
        contents = {b"=" + body for items in (entries, *nested) for _name, body in items}
        assert {path.read_bytes() for path in files} == contents
        assert all(path.resolve().is_relative_to((folder / "out").resolve()) for path in files)
        assert {item.name for item in folder.iterdir()} == {"download", "out"}


@settings(max_examples=150, deadline=None)
@given(
    name=st.lists(st.sampled_from(["..", ".", "a", "C:", "/", "\\", "é", " "]), min_size=1, max_size=5).map("/".join)
)
def test_no_name_leaves_the_folder(name: str) -> None:
    for pack in (lambda: zip_entries([(name.encode(), b"x")], flags=0x800), lambda: pack_tar({name: b"x"})):
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            files = []
            with contextlib.suppress(TaskFailure):
                files = unpack_body(pack(), folder)
            assert all(path.is_relative_to(folder / "out") and ".." not in path.parts for path in files)
            assert {item.name for item in folder.iterdir()} == {"download", "out"}


@pytest.mark.parametrize("packing", ["zip", "tar", "7z"])
def test_archives_in_an_archive_unpack_below_their_own_names(packing: str, tmp_path: Path) -> None:
    inner = {part: CONTAINERS[packing]({"addr.csv": part.encode()}) for part in ("north", "south")}
    files = unpack_body(pack_zip({f"{name}.{packing}": body for name, body in inner.items()}), tmp_path)
    assert names_of(files, tmp_path) == [f"north.{packing}/addr.csv", f"south.{packing}/addr.csv"]
    assert [path.read_bytes() for path in files] == [b"north", b"south"]


def test_entries_of_one_name_are_all_kept_and_equal_ones_once(tmp_path: Path) -> None:
    files = unpack_body(zip_entries([(b"a.csv", b"1"), (b"a.csv", b"2"), (b"a.csv", b"1")]), tmp_path)
    assert {path.name: path.read_bytes() for path in files} == {"a.csv": b"1", "a (2).csv": b"2"}


def test_file_and_folder_of_one_name_are_both_kept(tmp_path: Path) -> None:
    files = unpack_body(zip_entries([(b"a", b"1"), (b"a/b.csv", b"2"), (b"c/d", b"3"), (b"c", b"4")]), tmp_path)
    assert sorted(path.read_bytes() for path in files) == [b"1", b"2", b"3", b"4"]


@pytest.mark.parametrize("pack", [pack_zip, pack_tar, pack_7z])
def test_junk_of_programs_is_left_out(pack: Callable[[dict[str, bytes]], bytes], tmp_path: Path) -> None:
    files = unpack_body(pack({**dict.fromkeys(JUNK, b"\x00\x05\x16\x07"), "x/a.csv": b"1"}), tmp_path)
    assert names_of(files, tmp_path) == ["x/a.csv"]


@pytest.mark.parametrize(
    ("encoding", "of_names", "name"),
    [
        ("SHIFT_JISX0213", "cp932", "表/街区.csv"),
        ("shift_jis", "cp932", "①凡例.csv"),
        ("EUC-KR", "cp949", "도로명주소.txt"),
        ("GBK", "gbk", "地址.csv"),
        ("gb2312", "gb18030", "门牌.csv"),
        ("big5", "cp950", "門牌.csv"),
        ("windows-1251", "cp866", "адреса.csv"),
        ("cp1251", "cp1251", "Адреса.csv"),
        ("cp1252", "cp850", "Häuser.csv"),
        ("ISO-8859-1", "cp1252", "Malha Fundiária.csv"),
        ("cp1250", "cp852", "ulice-Łódź.csv"),
        ("cp932", "utf-8", "街区.csv"),
        (None, "utf-8", "Malha Fundiária.csv"),
        (None, "cp437", "Straße.csv"),
    ],
)
@pytest.mark.parametrize("packing", ["zip", "tar"])
def test_names_are_decoded_by_the_encoding_of_the_definition(
    packing: str, encoding: str | None, of_names: str, name: str, tmp_path: Path
) -> None:
    raw = name.encode(of_names)
    pack = zip_entries if packing == "zip" else _tar_of_raw_names
    files = unpack_body(
        pack([(raw, b"1"), (b"readme.txt", b"2")]), tmp_path, **({"encoding": encoding} if encoding else {})
    )
    assert name in names_of(files, tmp_path)


def _tar_of_raw_names(entries: list[tuple[bytes, bytes]]) -> bytes:
    return pack_tar({name.decode("utf-8", "surrogateescape"): body for name, body in entries})


@pytest.mark.parametrize("of_names", ["cp932", "cp866", "cp850", "utf-8"])
def test_names_without_an_encoding_are_decoded_so_that_the_file_is_found(of_names: str, tmp_path: Path) -> None:
    name = {"cp932": "街区.csv", "cp866": "адреса.csv", "cp850": "Città.csv", "utf-8": "地址.csv"}[of_names]
    files = unpack_body(zip_entries([(name.encode(of_names), b"1")]), tmp_path, file=name)
    assert names_of(files, tmp_path) == [name]


def test_names_of_the_unicode_path_win(tmp_path: Path) -> None:
    raw, name = b"a?.csv", "aé.csv".encode()
    extra = struct.pack("<HHBI", 0x7075, 5 + len(name), 1, zlib.crc32(raw)) + name
    files = unpack_body(zip_entries([(raw, b"1")], extra=extra), tmp_path)
    assert names_of(files, tmp_path) == ["aé.csv"]


@given(
    names=st.lists(st.binary(max_size=9), max_size=4), encoding=st.sampled_from([None, "cp932", "cp1251", "nonsense"])
)
def test_decode_names_any_bytes_are_names(names: list[bytes], encoding: str | None) -> None:
    assert len(decode_names(names, encoding, "a.csv")) == len(names)


def test_method_that_no_library_decodes_is_named(tmp_path: Path) -> None:
    with pytest.raises(TaskFailure, match=r"'a\.csv' is compressed by method 98 \(PPMd\)") as caught:
        unpack_body(zip_entries([(b"a.csv", b"1")], method=98), tmp_path)
    assert caught.value.code == "source.archive"


@pytest.mark.parametrize("method", [9, 93, 95])
def test_wrong_checksum_of_any_method_fails(method: int, tmp_path: Path) -> None:
    body = zip_entries([(b"a.csv", b"1" * 99)], method=method)
    wrong = body.replace(struct.pack("<I", zlib.crc32(b"1" * 99)), b"\x01\x02\x03\x04")
    with pytest.raises(TaskFailure, match="not a valid zip file") as caught:
        unpack_body(wrong, tmp_path)
    assert caught.value.code == "source.archive"


@pytest.mark.parametrize("packing", [*CONTAINERS, *STREAMS])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_packing_that_ends_early_is_never_data(packing: str, share: float, tmp_path: Path) -> None:
    content = random.Random(1).randbytes(30_000)  # noqa: S311 - not a secret
    body = CONTAINERS[packing]({"a.csv": content}) if packing in CONTAINERS else STREAMS[packing](content)
    body = body.rstrip(b"\0") if packing == "tar" else body
    with pytest.raises(TaskFailure) as caught:
        match_content(request_of(unpack_body(body[: int(len(body) * share)], tmp_path)[0]))
    assert caught.value.code in {"source.archive", "source.format"}


def request_of(path: Path) -> ReadRequest:
    return ReadRequest(path, {"format": "csv"}, (), BadRows())


@pytest.mark.parametrize("damage", ["cut between entries", "damaged header"])
def test_tar_that_ends_between_entries_is_damaged(damage: str, tmp_path: Path) -> None:
    body = bytearray(pack_tar({"a.csv": b"1" * 512, "b.csv": b"2" * 512}))
    if damage == "cut between entries":
        del body[1024:]
    else:
        body[1024 + 150] ^= 0xFF
    with pytest.raises(TaskFailure, match=r"not a valid tar file: no header and no end marker at byte 1,024") as caught:
        unpack_body(bytes(body), tmp_path)
    assert caught.value.code == "source.archive"


ZEROS = bytes(40_000_000)
BOMBS: dict[str, Callable[[], bytes]] = {
    "zip": lambda: pack_zip({"a.csv": ZEROS}),
    "zip in zip": lambda: pack_zip({"b.zip": pack_zip({"a.csv": ZEROS})}),
    "zips in zip": lambda: pack_zip({f"{n}.zip": pack_zip({"a.csv": bytes(9_000_000)}) for n in range(20)}),
    "gzip": lambda: gzip.compress(ZEROS),
    "gzip in gzip": lambda: gzip.compress(gzip.compress(ZEROS)),
    "gzip in zip": lambda: pack_zip({"a.csv.gz": gzip.compress(ZEROS)}),
    "bzip2": lambda: bz2.compress(ZEROS),
    "xz": lambda: lzma.compress(ZEROS),
    "Zstandard": lambda: zstd.compress(ZEROS),
    "tar.gz": lambda: gzip.compress(pack_tar({"a.csv": ZEROS})),
    "tar.xz in zip": lambda: pack_zip({"a.tar.xz": lzma.compress(pack_tar({"a.csv": ZEROS}))}),
    "7z": lambda: pack_7z({"a.csv": ZEROS}),
    "7z in zip": lambda: pack_zip({"a.7z": pack_7z({"a.csv": ZEROS})}),
    "Deflate64": lambda: zip_entries([(b"a.csv", ZEROS)], method=9),
    "Zstandard in zip": lambda: zip_entries([(b"a.csv", ZEROS)], method=93),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_of_any_codec_and_nesting_is_too_large(name: str, tmp_path: Path) -> None:
    with pytest.raises(TaskFailure) as caught:
        unpack_body(BOMBS[name](), tmp_path)
    assert caught.value.code == "source.too_large"
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < len(ZEROS)


def test_entries_count_through_all_nestings(tmp_path: Path) -> None:
    inner = {f"{n}.zip": pack_zip({f"{m}.csv": f"{n}{m}".encode() for m in range(3)}) for n in range(4)}
    with pytest.raises(TaskFailure, match="more than 10 entries"):
        unpack_body(pack_zip(inner), tmp_path, UnpackLimits(entries=10))


@pytest.mark.parametrize("packing", ["zip", "tar", "7z", "gzip", "xz"])
def test_nesting_of_any_packing_is_limited(packing: str, tmp_path: Path) -> None:
    body = b"NO\n1\n"
    for _ in range(6):
        body = CONTAINERS[packing]({"a": body}) if packing in CONTAINERS else STREAMS[packing](body)
    with pytest.raises(TaskFailure, match="more than 5 deep") as caught:
        unpack_body(body, tmp_path)
    assert caught.value.code == "source.archive"


@pytest.mark.parametrize("packing", ["xz", "Zstandard", "7z", "zip, LZMA", "zip, xz"])
def test_decoder_that_needs_much_memory_is_refused(packing: str, tmp_path: Path) -> None:
    content = bytes(range(256)) * 9000
    if packing == "Zstandard":
        options = {zstd.CompressionParameter.window_log: 21}
        body = zstd.compress(content, options=options)
    else:
        body = CONTAINERS[packing]({"a": content}) if packing in CONTAINERS else STREAMS[packing](content)
    with pytest.raises(TaskFailure, match="memory") as caught:
        unpack_body(body, tmp_path, UnpackLimits(decoder_bytes=1 << 18))
    assert caught.value.code == "source.too_large"


def test_full_disk_is_reported_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = unpack_budget.shutil.disk_usage(tmp_path)._replace(free=100)
    monkeypatch.setattr(unpack_budget.shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(TaskFailure, match="100 bytes free") as caught:
        unpack_body(pack_zip({"a.csv": b"x" * 1000}), tmp_path)
    assert caught.value.code == "resource.disk_full"
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("kind", [b"1", b"2", b"3", b"6"])
def test_link_or_device_in_a_tar_fails(kind: bytes, tmp_path: Path) -> None:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as archive:
        member = tarfile.TarInfo("link")
        member.type, member.linkname = kind, "/etc/passwd"
        archive.addfile(member)
    with pytest.raises(TaskFailure, match="'link'") as caught:
        unpack_body(body.getvalue(), tmp_path)
    assert caught.value.code == "source.archive"


def test_programs_and_projects_in_an_archive_are_not_unpacked(tmp_path: Path) -> None:
    inner = pack_zip({"b.csv": b"1"})
    files = unpack_body(pack_zip({"a.csv": b"1", "viewer.exe": b"MZ\x00" + inner, "map.lpk": inner}), tmp_path)
    assert names_of(files, tmp_path) == ["a.csv", "map.lpk", "viewer.exe"]


def test_zip_of_only_folders_has_no_files(tmp_path: Path) -> None:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.mkdir("a")
    assert unpack_body(body.getvalue(), tmp_path) == []
