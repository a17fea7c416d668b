"""Texts of each encoding, and what names the encoding of a file."""

from dataclasses import dataclass
from enum import StrEnum


class Naming(StrEnum):
    """What names the encoding of the data."""

    DEFINITION = "named by the definition"
    FILE = "named by the file"
    CONTRADICTION = "named by the definition, another one by the file"
    NOTHING = "not named"


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding: its name for Python and definitions, and words of its letters."""

    name: str
    words: tuple[str, ...]

    def text(self, row: int) -> str:
        """Return the text of a row."""
        return f"{self.words[row % len(self.words)]} {row}"


_ENCODINGS = (
    Encoding("utf-8", ("Straße", "улица Ленина", "北京路", "Łódzka", "seoul 서울로")),
    Encoding("ascii", ("Main St", "Oak Avenue", "R. Direita")),
    Encoding("cp1252", ("Élan", "Straße", "Añasco", "Œuvre", "Main")),
    Encoding("latin-1", ("Élan", "Straße", "Añasco", "Grønland")),
    Encoding("iso8859-2", ("Łódzka", "Žižkova", "Főutca", "Gdańska")),
    Encoding("cp1250", ("Łódzka", "Žižkova", "Főutca", "Šumavská")),
    Encoding("cp1251", ("улица Ленина", "проспект Мира", "Щёлковское шоссе")),
    Encoding("koi8-r", ("улица Ленина", "проспект Мира")),
    Encoding("cp1253", ("Οδός Αθηνάς", "Ερμού")),
    Encoding("cp1254", ("İstiklal Caddesi", "Şişli", "Güneş")),
    Encoding("cp437", ("Straße", "Élan", "Peñón")),
    Encoding("cp850", ("Straße", "Élan", "Grønland")),
    Encoding("gbk", ("北京路", "中山路", "人民东路")),
    Encoding("gb18030", ("北京路", "中山路", "㐀㐁路")),
    Encoding("big5", ("臺北路", "中山路", "功許路")),
    Encoding("shift_jis", ("東京通り", "銀座", "表参道")),
    Encoding("euc_jp", ("東京通り", "銀座")),
    Encoding("cp949", ("서울로", "부산대로", "똠방각하")),
    Encoding("utf-16", ("Straße", "улица", "北京路")),
)
ENCODINGS: dict[str, Encoding] = {encoding.name: encoding for encoding in _ENCODINGS}


def wrong_name(encoding: str) -> str:
    """Return the name of an encoding other than this one, in which any bytes are text."""
    return "iso8859-1" if encoding != "latin-1" else "cp437"
