"""The reader of .dbf files: cells, values of every type against GDAL, damaged headers."""

from pathlib import Path

import numpy as np
import pyogrio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oa_task.features.bad_rows import BadRows
from oa_task.read.arrow_text import text_column
from oa_task.read.cell_text import CellText, TableEncoding
from oa_task.read.cells import is_utf8
from oa_task.read.code_pages import codec_of_cpg, codec_of_language
from oa_task.read.dbf import open_table
from oa_task.runtime.failure import TaskFailure
from support.dbf_writer import Field, dbf, shapefile
from support.readers import read_files

WIDTH = 12
CELLS = st.lists(
    st.binary(max_size=WIDTH)
    | st.text(max_size=WIDTH // 4).map(str.encode)
    | st.sampled_from([b"", b" a ", b"a\0b", b"\0", b"Stra\xc3", b"\xff", "é".encode(), "é".encode("latin-1")]),
    min_size=1,
    max_size=20,
)
NUMBERS = st.sampled_from([b"", b"*****", b"0012", b"+7", b"-5", b"1.5", b"-0.5", b".5", b"12.000", b"1e5", b"\0\0"])


def cells_of(values: list[bytes]) -> np.ndarray:
    padded = b"".join(value.ljust(WIDTH)[:WIDTH] for value in values)
    return np.frombuffer(padded, dtype=np.uint8).reshape(-1, WIDTH)


def plain(value: bytes) -> bytes:
    return value.ljust(WIDTH)[:WIDTH].partition(b"\0")[0].strip(b" ")


def is_valid(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


@settings(deadline=None, max_examples=100)
@given(CELLS)
def test_is_utf8_any_bytes_agrees_with_python(values: list[bytes]) -> None:
    cells = cells_of(values)
    assert is_utf8(cells).tolist() == [is_valid(cell.tobytes()) for cell in cells]


@settings(deadline=None, max_examples=100)
@given(CELLS, st.sampled_from(["utf-8", "iso8859-1", "cp1251", "gbk", "big5", "cp949"]))
def test_decode_any_bytes_is_the_text_of_the_codec_or_a_bad_row(values: list[bytes], codec: str) -> None:
    bad_rows = BadRows()
    found = CellText(TableEncoding((codec,)), bad_rows).decode(cells_of(values), np.arange(len(values)), "ST")
    expected, bad = [], 0
    for value in values:
        try:
            text = plain(value).decode(codec).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            text, bad = "", bad + 1
        expected.append(text)
    assert found.to_list() == expected
    assert sum(reason["count"] for reason in bad_rows.report().values()) == bad


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    numbers=st.lists(NUMBERS | st.integers(-999, 999).map(lambda value: str(value).encode()), min_size=1, max_size=9)
)
def test_value_text_any_number_is_that_of_gdal(tmp_path: Path, numbers: list[bytes]) -> None:
    fields = [Field(b"INT", "N", 6), Field(b"LONG", "N", 12), Field(b"REAL", "N", 12, 3), Field(b"FLOAT", "F", 14, 2)]
    whole = [number if number.lstrip(b"+-").isdigit() or not number.strip(b"*\0") else b"1" for number in numbers]
    rows = [(a, a, b, b) for a, b in zip(whole, numbers, strict=True)]
    path = shapefile(tmp_path, dbf(fields, rows), len(rows))
    with pyogrio.open_arrow(path, use_pyarrow=True, ENCODING="") as (_, reader):
        table = reader.read_all().combine_chunks()
    found = read_files([path], {"format": "shapefile"})
    for name in ("INT", "LONG", "REAL", "FLOAT"):
        assert found.column(name) == text_column(table.column(name).chunk(0)).to_list(), name


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        (Field(b"A", "N", 20), b"12345678901234567801", "12345678901234567801"),
        (Field(b"A", "N", 19), b"1234567890123456701", "1234567890123456701"),
        (Field(b"A", "N", 20), b"1010", "1010.0"),
        (Field(b"A", "N", 20), b"-9999999999999999999", "-9999999999999999999"),
        (Field(b"A", "N", 18), b"123456789012345678", "123456789012345678"),
        (Field(b"A", "N", 12, 3), b"1,5", "1.5"),
        (Field(b"A", "N", 6), b"12a", "12a"),
        (Field(b"A", "N", 6), b"12.0", "12"),
        (Field(b"A", "D", 8), b"20240305", "2024/03/05"),
        (Field(b"A", "D", 8), b"00000000", ""),
        (Field(b"A", "D", 8), b"20241399", "20241399"),
        (Field(b"A", "L", 1), b"T", "True"),
        (Field(b"A", "L", 1), b"n", "False"),
        (Field(b"A", "L", 1), b"?", ""),
        (Field(b"A", "M", 10), b"0000000001", "0000000001"),
        (Field(b"A", "C", 10), b"  1010.0  ", "1010.0"),
    ],
)
def test_value_text_of_each_type(tmp_path: Path, field: Field, value: bytes, text: str) -> None:
    path = shapefile(tmp_path, dbf([field], [(value,)]), 1)
    assert read_files([path], {"format": "shapefile"}).column("A") == [text]


@pytest.mark.parametrize(
    ("content", "codec"),
    [
        ("UTF-8", "utf-8"),
        ("utf8\r\n", "utf-8"),
        ("65001", "utf-8"),
        ("\ufeffUTF-8", "utf-8"),
        ("ANSI 1251", "cp1251"),
        ("windows-1250", "cp1250"),
        ("OEM 866", "cp866"),
        ("1252", "cp1252"),
        ("936", "gbk"),
        ("949", "cp949"),
        ("28605", "iso8859-15"),
        ("8859-2", "iso8859-2"),
        ("88591", "iso8859-1"),
        ("ISO-8859-15", "iso8859-15"),
        ("Big5", "big5"),
        ("windows-31j", "cp932"),
        ("", None),
        ("system", None),
        ("OEM", None),
        ("UTF-16", None),
        ("UTF_8 (with care)", None),
        ("rot13", None),
    ],
)
def test_codec_of_cpg(content: str, codec: str | None) -> None:
    assert codec_of_cpg(content) == codec


def test_codec_of_language_every_byte_is_a_codec_or_none() -> None:
    codecs = {language: codec_of_language(language) for language in range(256)}
    assert codecs[0x57] == "iso8859-1"
    assert codecs[0xC9] == "cp1251"
    assert codecs[0x4D] == "gbk"
    assert all("é".encode(codec or "utf-8", "replace") for codec in codecs.values())


@pytest.mark.parametrize("size", [1, 31, 32, 40, 64])
def test_open_table_cut_header_is_a_failure(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.dbf"
    path.write_bytes(dbf([Field(b"A"), Field(b"B")], [(b"x", b"y")])[:size])
    with pytest.raises(TaskFailure, match=r"a\.dbf") as caught:
        open_table(path)
    assert caught.value.code == "source.format"
