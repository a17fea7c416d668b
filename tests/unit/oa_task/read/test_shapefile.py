"""Shapefiles: names and texts in every encoding, and rows held against what the files announce."""

from pathlib import Path

import pytest

from oa_task.features.bad_rows import BadRows
from oa_task.read.source import open_batches
from oa_task.runtime.failure import TaskFailure
from support.dbf_writer import Field, dbf, shapefile
from support.readers import ReadResult, entry_of, read_files

# Python's codec, what a .cpg file and a definition call it, the language byte, a text, the name of a column.
ENCODINGS = [
    ("utf-8", "UTF-8", 0, "Žižkova улица 中山路", "УЛ"),
    ("utf-8", "65001", 0, "Žižkova", "ŽIŽ"),
    ("cp1250", "1250", 0xC8, "Žižkova „A“", "ULICE_Ž"),
    ("cp1251", "ANSI 1251", 0xC9, "улица Мира", "УЛИЦА"),
    ("cp1252", "1252", 0x03, "Rhône “A”", "N°"),
    ("cp1253", "windows-1253", 0xCB, "Οδός", "ΟΔΟΣ"),
    ("cp866", "OEM 866", 0x26, "улица Мира", "УЛИЦА"),
    ("iso8859-1", "ISO-8859-1", 0x57, "Añasco", "CALLE_Ñ"),
    ("iso8859-2", "88592", 0, "Łąkowa", "ŁĄKA"),
    ("gbk", "936", 0x4D, "中山路", "路名"),
    ("cp949", "949", 0x4E, "도로명주소", "도로명"),
    ("big5", "Big5", 0, "中山路", "路名"),
    ("cp932", "932", 0x7B, "東京都", "町名"),
]
ROWS = 20


def write(folder: Path, codec: str, text: str, name: str, *, cpg: bytes | None = None, language: int = 0) -> Path:
    fields = [Field(b"NO", "N", 6), Field(name.encode(codec), width=40)]
    rows = [(str(number).encode(), f"{number} {text}".encode(codec)) for number in range(ROWS)]
    return shapefile(folder, dbf(fields, rows, language=language), ROWS, cpg=cpg)


def read(path: Path, **conform: object) -> ReadResult:
    return read_files([path], {"format": "shapefile", **conform})


def check(path: Path, rules: dict[str, str], **conform: object) -> BadRows:
    """Read a shapefile as a conversion does, with these columns; return its report."""
    bad_rows = BadRows()
    entry = entry_of({"format": "shapefile", **conform}, rules=rules)
    assert sum(len(batch) for batch in open_batches([path], entry, bad_rows=bad_rows)) > 0
    return bad_rows


NAMED = [
    (named_by, *encoding)
    for encoding in ENCODINGS
    for named_by in ("cpg", "language", "definition", "definition against cpg", "definition against byte")
    if named_by != "language" or encoding[2]
]


@pytest.mark.parametrize("case", NAMED, ids=str)
def test_read_named_encoding_decodes_names_and_texts(tmp_path: Path, case: tuple[str, str, str, int, str, str]) -> None:
    named_by, codec, called, language, text, name = case
    against = "cp1252" if codec == "utf-8" else "UTF-8"
    cpg = {"cpg": called.encode(), "definition against cpg": against.encode()}.get(named_by)
    byte = {"language": language, "definition against byte": 0x57}.get(named_by, 0)
    conform = {"encoding": codec} if named_by.startswith("definition") else {}
    found = read(write(tmp_path, codec, text, name, cpg=cpg, language=byte), **conform)
    assert found.column(name) == [f"{number} {text}" for number in range(ROWS)]
    assert found.bad_rows.warnings == []


@pytest.mark.parametrize("cpg", [None, b"", b"system", b"UTF_8 (with care)", b"\xff\xfe"])
@pytest.mark.parametrize("codec", ["utf-8", "cp1251"])
def test_read_encoding_that_nothing_names_is_utf8_or_a_warning(tmp_path: Path, cpg: bytes | None, codec: str) -> None:
    found = read(write(tmp_path, codec, "улица Мира", "ST", cpg=cpg))
    is_right = found.column("ST") == [f"{number} улица Мира" for number in range(ROWS)]
    assert is_right == (codec == "utf-8")
    assert len(found.bad_rows.warnings) == (codec != "utf-8") + (cpg is not None)
    assert all("conform.encoding" in warning for warning in found.bad_rows.warnings)


@pytest.mark.parametrize("cpg", [b"1252", b"1251", None])
def test_read_utf8_under_another_name_is_right_and_a_warning(tmp_path: Path, cpg: bytes | None) -> None:
    found = read(write(tmp_path, "utf-8", "Rhône", "ST", cpg=cpg, language=0 if cpg else 0x57))
    assert found.column("ST")[0] == "0 Rhône"
    (warning,) = found.bad_rows.warnings
    assert "UTF-8" in warning
    assert f"{ROWS} of {ROWS}" in warning


def test_read_utf8_that_the_definition_calls_otherwise_is_a_warning(tmp_path: Path) -> None:
    found = read(write(tmp_path, "utf-8", "Rhöne", "ST"), encoding="CP1252")
    assert found.column("ST")[0] == "0 RhÃ¶ne"
    (warning,) = found.bad_rows.warnings
    assert f"{ROWS} of {ROWS} texts beyond ASCII are valid UTF-8" in warning
    assert "'0 RhÃ¶ne' in 'ST'" in warning


def test_read_two_encodings_are_both_right_and_a_warning(tmp_path: Path) -> None:
    rows = [("Añasco".encode("utf-8" if number % 10 == 0 else "latin-1"),) for number in range(50)]
    found = read(shapefile(tmp_path, dbf([Field(b"ST")], rows), 50))
    assert set(found.column("ST")) == {"Añasco"}
    (warning,) = found.bad_rows.warnings
    assert "5 of them are valid UTF-8" in warning


@pytest.mark.parametrize("language", [0x4D, 0x4E])
def test_read_letters_of_many_bytes_are_not_called_utf8(tmp_path: Path, language: int) -> None:
    text = "联通" if language == 0x4D else "가나"
    codec = "gbk" if language == 0x4D else "cp949"
    found = read(write(tmp_path, codec, text, "ST", language=language))
    assert found.column("ST")[0] == f"0 {text}"


@pytest.mark.parametrize("columns", [{"street": "ST"}, {"street": "NO"}])
def test_read_text_cut_in_a_letter_costs_one_row_of_that_column(tmp_path: Path, columns: dict[str, str]) -> None:
    rows = [(b"1", "Straße".encode()[: 5 if number == 7 else None]) for number in range(40)]
    path = shapefile(tmp_path, dbf([Field(b"NO"), Field(b"ST")], rows), 40, cpg=b"UTF-8")
    report = check(path, columns).report()
    assert [reason["count"] for reason in report.values()] == ([1] if columns["street"] == "ST" else [])
    assert all(reason["examples"][0]["row"] == 8 for reason in report.values())


def test_read_texts_that_are_not_in_the_declared_encoding_are_a_failure_of_encoding(tmp_path: Path) -> None:
    path = write(tmp_path, "cp1251", "улица", "ST")
    with pytest.raises(
        TaskFailure, match=r"text that is not utf-8, which `conform.encoding` names, in column 'ST'"
    ) as caught:
        check(path, {"street": "ST"}, encoding="UTF-8")
    assert caught.value.code == "source.encoding"


def test_read_names_that_are_cut_empty_or_equal(tmp_path: Path) -> None:
    names = ["УЛИЦА".encode()[:7], b"", b"ST", b"ST", b""]
    path = shapefile(tmp_path, dbf([Field(name) for name in names], [(b"a", b"b", b"c", b"d", b"e")]), 1, cpg=b"UTF-8")
    (batch,) = read(path).batches
    assert batch.columns.row(0, named=True) == {"УЛИ": "a", "": "b", "ST": "c", "ST_2": "d", "_2": "e"}


def test_read_long_names_next_to_the_table_do_not_replace_those_in_it(tmp_path: Path) -> None:
    path = shapefile(tmp_path, dbf([Field(b"STREETNAME")], [(b"Main",)]), 1)
    fields = "<detailed><attr><attrlabl>STREETNAME_FULL</attrlabl><attrtype>String</attrtype></attr></detailed>"
    path.with_name("a.shp.xml").write_text(f"<metadata><eainfo>{fields}</eainfo></metadata>")
    assert read(path).column("STREETNAME") == ["Main"]


def table_of(count: int, **options: object) -> bytes:
    rows = [(str(number).encode(), b"Main") for number in range(count)]
    return dbf([Field(b"NO", "N", 6), Field(b"ST")], rows, **options)  # type: ignore[arg-type]


RULES = {"number": "NO", "street": "ST"}


@pytest.mark.parametrize("lost", [1, 3, 4])
@pytest.mark.parametrize("cut", ["in a row", "after a row"])
def test_read_cut_table_counts_the_lost_rows(tmp_path: Path, lost: int, cut: str) -> None:
    body = table_of(100)
    width = 37
    end = len(body) - 1 - lost * width + (5 if cut == "in a row" else 0)
    bad_rows = check(shapefile(tmp_path, body[:end], 100), RULES)
    assert [reason["count"] for reason in bad_rows.report().values()] == [lost]
    assert bad_rows.rows_read == 100


@pytest.mark.parametrize(("records", "announced"), [(60, 100), (60, 60), (0, 100)])
def test_read_table_without_many_rows_is_a_failure(tmp_path: Path, records: int, announced: int) -> None:
    path = shapefile(tmp_path, table_of(records, announced=announced), 100)
    with pytest.raises(TaskFailure, match=f"{100 - records} of 100 rows") as caught:
        check(path, RULES)
    assert caught.value.code == "source.format"


def test_read_deleted_rows_are_not_lost(tmp_path: Path) -> None:
    path = shapefile(tmp_path, table_of(100, deleted=range(10, 50)), 100)
    found = read(path)
    assert found.column("NO") == [str(number) for number in (*range(10), *range(50, 100))]
    assert found.points[10][0] == pytest.approx(0.5)
    assert found.bad_rows.report() == {}


def test_read_more_rows_than_shapes_are_left_out_with_a_warning(tmp_path: Path) -> None:
    bad_rows = check(shapefile(tmp_path, table_of(140), 100), RULES)
    assert bad_rows.left_out == {"no shape in the .shp file": 40}
    assert bad_rows.warnings == ["a.shp has 100 shapes and a.dbf has 140 rows"]


def test_read_short_index_is_rebuilt(tmp_path: Path) -> None:
    path = shapefile(tmp_path, table_of(100), 100)
    index = path.with_suffix(".shx")
    body = bytearray(index.read_bytes()[: 100 + 60 * 8])
    body[24:28] = (len(body) // 2).to_bytes(4, "big")
    index.write_bytes(body)
    found = read(path)
    assert len(found.column("NO")) == 100
    assert found.bad_rows.warnings == ["a.shx lists 60 shapes and a.shp has more: the index is rebuilt"]


@pytest.mark.parametrize("table", [None, b""])
def test_read_missing_table_is_a_failure_if_a_rule_reads_a_column(tmp_path: Path, table: bytes | None) -> None:
    path = shapefile(tmp_path, table, 3)
    with pytest.raises(TaskFailure, match=r"a\.dbf is (missing|empty)") as caught:
        check(path, RULES)
    assert caught.value.code == "source.columns_missing"
    bad_rows = check(path, {})
    assert "a.dbf" in bad_rows.warnings[0]


def test_read_damaged_record_is_a_bad_row(tmp_path: Path) -> None:
    body = bytearray(table_of(100))
    start = 32 + 64 + 1 + 50 * 37
    body[start : start + 37] = bytes(37)
    report = check(shapefile(tmp_path, bytes(body), 100), RULES).report()
    assert report == {"a damaged record of the .dbf file": {"count": 1, "examples": [{"row": 51, "value": ""}]}}
