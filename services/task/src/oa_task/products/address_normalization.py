"""Normalized addresses: the spellings of one address become one text (docs/products.md, "Deduplication")."""

import polars as pl

_SHORT_WORDS = {
    "street": "st",
    "saint": "st",
    "avenue": "ave",
    "av": "ave",
    "road": "rd",
    "drive": "dr",
    "lane": "ln",
    "court": "ct",
    "boulevard": "blvd",
    "place": "pl",
    "square": "sq",
    "terrace": "ter",
    "highway": "hwy",
    "parkway": "pkwy",
    "circle": "cir",
    "trail": "trl",
    "strasse": "str",
    "northeast": "ne",
    "northwest": "nw",
    "southeast": "se",
    "southwest": "sw",
    "north": "n",
    "south": "s",
    "east": "e",
    "west": "w",
}
_UNIT_WORD = r"^(?:apartment|apt|unit|suite|ste|number|no)(?P<rest>.*)$"


def normalize_addresses(frame: pl.DataFrame) -> pl.DataFrame:
    """Return normalized number, street, unit and postcode; missing values are empty."""
    return frame.select(
        _number(_plain("number")).alias("number"),
        _street(_plain("street")).alias("street"),
        _unit(_plain("unit")).alias("unit"),
        _postcode(_plain("postcode")).alias("postcode"),
    )


def _plain(name: str) -> pl.Expr:
    """Return a column in lower case without accents."""
    plain = pl.col(name).fill_null("").str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    return plain.str.replace_all("ß", "ss", literal=True)


def _number(column: pl.Expr) -> pl.Expr:
    """Return `0012 - B` as `12b`; a range keeps its hyphen."""
    together = column.str.replace_all(r"[^\p{L}\p{N}/-]", "").str.replace(r"(\p{N})-(\p{L})", "${1}${2}")
    return together.str.replace(r"^0+([0-9])", "${1}")


def _street(column: pl.Expr) -> pl.Expr:
    """Return words of letters and digits, separated by one space; common words are abbreviated."""
    words = column.str.replace_all("['\u2019.]", "").str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()
    return words.str.split(" ").list.eval(pl.element().replace(_SHORT_WORDS)).list.join(" ")


def _unit(column: pl.Expr) -> pl.Expr:
    """Return letters and digits without a leading word for a unit."""
    together = column.str.replace_all(r"[^\p{L}\p{N}]", "")
    rest = together.str.extract(_UNIT_WORD)
    return pl.when(rest.fill_null("") != "").then(rest).otherwise(together)


def _postcode(column: pl.Expr) -> pl.Expr:
    """Return letters and digits; of nine digits, a ZIP+4 code, the first five."""
    together = column.str.replace_all(r"[^\p{L}\p{N}]", "")
    return pl.when(together.str.contains(r"^[0-9]{9}$")).then(together.str.head(5)).otherwise(together)
