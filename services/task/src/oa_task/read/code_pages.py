"""Encodings as .cpg files and .dbf headers name them."""

import codecs
import re

# The language bytes of dBASE and FoxPro that GDAL knows too, by the number of the code page.
_LANGUAGES = {
    437: (1, 11, 13, 15, 17, 21, 24, 25, 27),
    850: (2, 10, 14, 16, 18, 20, 22, 26, 29, 37, 55),
    852: (31, 34, 35, 64, 100, 135),
    857: (107, 136),
    860: (36,),
    861: (103,),
    863: (28, 108),
    865: (8, 23, 102),
    866: (38, 101),
    737: (106, 134),
    874: (80, 124),
    932: (19, 123),
    936: (77, 122),
    949: (78, 121),
    950: (79, 120),
    1250: (200,),
    1251: (201,),
    1252: (3, 88, 89),
    1253: (203,),
    1254: (202,),
    1257: (204,),
    10000: (4,),
    10007: (150,),
    10029: (151,),
    28591: (87,),
}
_PAGE_OF_LANGUAGE = {language: page for page, languages in _LANGUAGES.items() for language in languages}
# Windows' numbers of code pages whose name in Python is not "cp" and the number.
_NAMES = {
    936: "gbk",
    10000: "mac_roman",
    10006: "mac_greek",
    10007: "mac_cyrillic",
    10029: "mac_latin2",
    10079: "mac_iceland",
    10081: "mac_turkish",
    1361: "johab",
    20127: "ascii",
    20866: "koi8_r",
    20932: "euc_jp",
    20936: "gb2312",
    21866: "koi8_u",
    51932: "euc_jp",
    51936: "gb2312",
    51949: "euc_kr",
    54936: "gb18030",
    65001: "utf_8",
}
_ALIASES = {
    "windows_31j": "cp932",
    "ms_kanji": "cp932",
    "x_sjis": "cp932",
    "ks_c_5601_1987": "cp949",
    "cp65001": "utf_8",
}
_ISO_PAGES = 28590  # 28591 is ISO-8859-1
_MAX_ISO = 16
_NUMBER = re.compile(
    r"(?:ansi|cp|code ?page|dos|ibm|ms|oem|win|windows|x-windows)?[\s_-]*0*([0-9]{3,5})", re.IGNORECASE
)
_ISO = re.compile(r"(?:iso)?[\s_-]*8859[\s_-]*([0-9]{1,2})(?!\d).*", re.IGNORECASE)
_NAMES_OF_SIMPLE_TEXT = "ABCXYZabcxyz0189 .,-/"


def codec_of_cpg(content: str) -> str | None:
    """Return Python's codec of the encoding that a .cpg file names, None if it names no encoding that is known."""
    name = content.strip("\ufeff\0 \t\r\n\"'")
    if match := _ISO.fullmatch(name):
        return _codec(f"iso8859_{int(match[1])}")
    if match := _NUMBER.fullmatch(name):
        return _codec_of_page(int(match[1]))
    simple = re.sub(r"[\s-]+", "_", name.lower())
    return _codec(_ALIASES.get(simple, simple))


def codec_of_language(language: int) -> str | None:
    """Return Python's codec of the code page of a language byte of a .dbf file, None for one that is not known."""
    page = _PAGE_OF_LANGUAGE.get(language)
    return None if page is None else _codec_of_page(page)


def _codec_of_page(page: int) -> str | None:
    if _ISO_PAGES < page <= _ISO_PAGES + _MAX_ISO:
        return _codec(f"iso8859_{page - _ISO_PAGES}")
    return _codec(_NAMES.get(page, f"cp{page}"))


def _codec(name: str) -> str | None:
    """Return the codec if it is for text in which the bytes of ASCII are ASCII, as in every table."""
    try:
        codec = codecs.lookup(name)
        is_for_tables = _NAMES_OF_SIMPLE_TEXT.encode().decode(codec.name) == _NAMES_OF_SIMPLE_TEXT
    except (LookupError, ValueError):
        return None
    return codec.name if is_for_tables and codec.name not in _NOT_FOR_TABLES else None


_NOT_FOR_TABLES = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf-7", "hz"})
