"""Text that is not in its encoding, and text in two encodings, in CSV and GeoJSON."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oa_task.read import encoding
from oa_task.read.encoding import FIRST_MARK, TextFile
from oa_task.read.undecodable import raw_bytes
from oa_task.runtime.failure import TaskFailure
from support.readers import ReadBytes

FORMATS = ("csv", "geojson", "lines")
# For each encoding a street, and bytes that are not text in it.
DAMAGES = {
    "utf-8": ("Rué 서울", b"Ru\xc3"),
    "utf-8-sig": ("Rué", b"\xed\xa0\x80"),
    "cp949": ("서울시", b"\xbc\xad\xbf"),
    "cp932": ("東京都", b"\x93\x8c\x8b"),
    "gbk": ("北京市", b"\xb1\xb1\xff"),
    "cp1252": ("Rué", b"\x81"),
    "cp1251": ("Улица", b"\x98"),
    "ascii": ("Rue", b"\xe9"),
}


def body_of(kind: str, street: bytes, others: bytes, codec: str, *, column: str, bad: int, rows: int) -> bytes:
    """Return a file in which the cells of `column` in the first `bad` rows are `street`, else `others`."""
    cells = [(street if number < bad else others) for number in range(rows)]
    if kind == "csv":
        lines = [f"NO,{column},X,Y".encode(codec)]
        lines += [f"{number},".encode("ascii") + cell + b",7,47" for number, cell in enumerate(cells)]
        return b"\n".join(lines)
    features = [
        b'{"type":"Feature","properties":{"NO":"%d","%s":"%s"},"geometry":{"type":"Point","coordinates":[7,47]}}'
        % (number, column.encode("ascii"), cell)
        for number, cell in enumerate(cells)
    ]
    return b"\n".join(features) if kind == "lines" else b'{"features":[' + b",".join(features) + b"]}"


def read_cells(read: ReadBytes, kind: str, body: bytes, **conform: Any) -> Any:
    return read(body, "a.csv" if kind == "csv" else "a.geojson", **conform)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("codec", DAMAGES)
def test_undecodable_cell_is_one_bad_row_without_its_value(read: ReadBytes, kind: str, codec: str) -> None:
    text, damage = DAMAGES[codec]
    body = body_of(kind, damage, text.encode(codec.removesuffix("-sig")), codec, column="ST", bad=2, rows=60)
    found = read_cells(read, kind, body, encoding=codec)
    assert found.column("NO") == [str(number) for number in range(60)]
    assert found.column("ST") == ["", ""] + [text] * 58
    ((reason, report),) = found.bad_rows.report().items()
    assert reason.startswith("text that is not ")
    assert report["count"] == 2
    assert "offset" in report["examples"][0]["value"]
    assert "2 rows" in found.bad_rows.warnings[0]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("codec", DAMAGES)
def test_undecodable_cells_of_a_column_that_no_rule_reads_cost_nothing(read: ReadBytes, kind: str, codec: str) -> None:
    text, damage = DAMAGES[codec]
    body = body_of(kind, damage, text.encode(codec.removesuffix("-sig")), codec, column="NOTE", bad=60, rows=60)
    found = read_cells(read, kind, body, encoding=codec, all_columns=False)
    assert len(found.column("NO")) == 60
    assert found.bad_rows.report() == {}
    assert found.bad_rows.warnings == []


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("codec", DAMAGES)
def test_undecodable_cells_of_many_rows_fail_with_the_place_and_column(read: ReadBytes, kind: str, codec: str) -> None:
    text, damage = DAMAGES[codec]
    body = body_of(kind, damage, text.encode(codec.removesuffix("-sig")), codec, column="ST", bad=6, rows=60)
    with pytest.raises(TaskFailure, match=r"6 of 60 rows .*ST: .*offset") as caught:
        read_cells(read, kind, body, encoding=codec)
    assert caught.value.code == "source.encoding"


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(
    ("codec", "text"), [("latin-1", "Rué"), ("cp1251", "Улица"), ("cp1252", "Rué"), ("gbk", "北京市区")]
)
def test_utf8_among_text_of_another_encoding_is_warned_of_with_count_and_examples(
    read: ReadBytes, kind: str, codec: str, text: str
) -> None:
    right = read_cells(
        read, kind, body_of(kind, b"x", text.encode(codec), codec, column="ST", bad=0, rows=9), encoding=codec
    )
    assert (set(right.column("ST")), right.bad_rows.warnings) == ({text}, [])
    body = body_of(kind, text.encode(), text.encode(codec), codec, column="ST", bad=3, rows=99)
    found = read_cells(read, kind, body, encoding=codec)
    assert len(found.column("NO")) == 99
    (warning,) = found.bad_rows.warnings
    assert "3 values are UTF-8" in warning
    assert repr(text) in warning


@pytest.mark.parametrize("codec", ["cp1251", "utf-16", "utf-16-le", "utf-32", "koi8-r"])
@pytest.mark.parametrize("kind", FORMATS)
def test_encoding_of_the_definition_is_that_of_the_text(read: ReadBytes, kind: str, codec: str) -> None:
    plain = body_of(kind, b"x", "Улица".encode(), "ascii", column="ST", bad=0, rows=30)
    assert set(read_cells(read, kind, plain.decode().encode(codec), encoding=codec).column("ST")) == {"Улица"}


def test_header_in_another_encoding_that_a_rule_names_fails_with_advice(read: ReadBytes) -> None:
    with pytest.raises(TaskFailure, match="valid cp1252") as caught:
        read("NO,Straße,X,Y\n1,a,2,3\n".encode("cp1252"), street="Straße")
    assert caught.value.code == "source.encoding"


def test_header_in_another_encoding_that_no_rule_names_costs_nothing(read: ReadBytes) -> None:
    found = read("NO,Größe,X,Y\n1,a,2,3\n".encode("cp1252"), number="NO")
    assert found.column("NO") == ["1"]


def test_geojson_name_and_member_in_another_encoding_cost_nothing(read: ReadBytes) -> None:
    body = body_of("geojson", b"x", b"a", "ascii", column="NOTE", bad=0, rows=3)
    found = read(b'{"caf\xe9":1,' + body[1:].replace(b"NOTE", b"NOT\xe9"), "a.geojson", all_columns=False)
    assert found.column("NO") == ["0", "1", "2"]


@settings(deadline=None)
@given(
    raw=st.binary(max_size=60),
    codec=st.sampled_from(["utf-8", "cp949", "cp932", "ascii", "cp1252"]),
    piece=st.integers(1, 7),
)
def test_pieces_of_any_bytes_are_utf8_that_gives_the_bytes_back(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, codec: str, piece: int
) -> None:
    path = Path(tmp_path_factory.getbasetemp()) / "any"
    path.write_bytes(b"a" + raw)
    file = TextFile(path, codec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "_PIECE_BYTES", piece)
        patch.setattr(encoding, "_REST_OF_LINE_BYTES", piece)
        text = b"".join(file.pieces()).decode()
    is_marked = any(ord(letter) >= FIRST_MARK for letter in text)
    assert is_marked == bool(file.problem)
    if not is_marked:
        assert "a" + raw.decode(codec).replace("\r\n", "\n").replace("\r", "\n").rstrip("\n\x1a") == text.rstrip(
            "\n\x1a"
        )
    elif codec == "utf-8":
        assert raw_bytes(text, codec).replace(b"\r", b"\n").rstrip(b"\n\x1a") == (b"a" + raw).replace(
            b"\r\n", b"\n"
        ).replace(b"\r", b"\n").rstrip(b"\n\x1a")


def test_a_character_cut_at_the_end_of_a_piece_is_whole(read: ReadBytes) -> None:
    street = "é" * 1_200_000
    body = json.dumps(
        {
            "features": [
                {
                    "type": "Feature",
                    "properties": {"NO": 1, "ST": street},
                    "geometry": {"type": "Point", "coordinates": [1, 2]},
                }
            ]
        },
        ensure_ascii=False,
    )
    assert read(body.encode(), "a.geojson").column("ST") == [street]
