"""What the values of a column look like, for a guess at what it holds: shares by kind, distinct values, examples."""

from collections.abc import Mapping

import polars as pl

from oa_shared.json_types import JsonObject

_MAX_TEXT, _EXAMPLES, _NUMBERS = 100, 3, 200
_LEAST_NUMERIC = 0.95
KINDS: Mapping[str, str] = {
    "integer": r"^[+-]?[0-9]{1,18}(?:\.0+)?$",
    "house": r"^[0-9]{1,5}(?:\.0+)?(?:[-/ ]?\p{L}|[-/][0-9]{1,5}| [0-9]/[0-9])?$",
    "postcode": (
        r"^(?:[0-9]{4,6}(?:-[0-9]{4})?|[0-9]{2}-[0-9]{3}|[0-9]{3}-[0-9]{4}|[0-9]{3} [0-9]{2}|[0-9]{4} ?[A-Z]{2}"
        r"|[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]|[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}|[0-9]{5}-[0-9]{3})$"
    ),
    "number_first": r"^[0-9]+(?:[-/][0-9]+|-?\p{L})?,?\s+(?:\S+\s+)*\S*\p{L}{2}",
    "number_last": r"^[^0-9]*\p{L}{2}[^0-9]*,?\s[0-9]{1,5}(?:\s?\p{L}|[-/][0-9]{1,5}\s?\p{L}?)?(?:,\s.*\p{L}{2}.*)?$",
    "unit_last": r"(?i)\s(?:(?:unit|apartment|apt\.?|suite|ste\.?|bldg\.?)\s|#)\s*[^\s,]+(?:,.*)?$",
    "words": r"\p{L}{2}",
    "suffix": r"(?i)^(?:\p{L}{1,3}|quater|quinquies|[0-9]/[0-9]|[½¼¾])\.?$",
    "leading_type": (
        r"(?i)^(?:c/|calle|avenida|avda\.?|paseo|camino|carretera|ctra\.?|ronda|traves[ií]a|cam[ií]|carrer|passeig|rua|"
        r"travessa|estrada|rue|chemin|all[ée]e|impasse|viale|piazza|corso|vicolo|strada|ulica|ul\.?|aleja|jalan|jl\.?)$"
    ),
    "locality_last": r"^[^,]*\p{L}[^,]*,.*\p{L}{2}",
    "state_postcode_last": (
        r"(?i),\s*[^,]+?,?\s+[a-z]{2}\.?,?\s+[0-9]{5}(?:-[0-9]{4})?(?:,?\s*(?:USA?|United States.*))?$"
    ),
    "postcode_city_last": r"(?i),\s*(?:[a-z]{1,2}-)?[0-9]{4,5}\s+\p{L}[^,0-9]+$",
}
"""Regular expressions of the kinds of values; the report of a column has the share of filled values of each."""


def describe_column(values: pl.Series) -> JsonObject:
    """Return the facts of a column of text: counts, shares by kind, its first numbers if it has numbers, examples.

    `numbers` has one item for each of the first rows, None for a value that is not a number.
    """
    texts = values.fill_null("").str.strip_chars()
    filled = texts.filter(texts != "")
    shares = {kind: _share(filled, pattern) for kind, pattern in KINDS.items()}
    numbers = texts.head(_NUMBERS).str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    is_numeric = len(filled) and _numeric_share(filled) >= _LEAST_NUMERIC
    return {
        "rows": len(texts),
        "filled": len(filled),
        "distinct": filled.n_unique(),
        "shares": shares,
        "numbers": [_finite(number) for number in numbers.to_list()] if is_numeric else [],
        "examples": [value[:_MAX_TEXT] for value in filled.unique(maintain_order=True).head(_EXAMPLES).to_list()],
    }


def _share(filled: pl.Series, pattern: str) -> float:
    return round(float(filled.str.contains(pattern).mean() or 0), 4) if len(filled) else 0.0  # type: ignore[arg-type] # a share


def _numeric_share(filled: pl.Series) -> float:
    numbers = filled.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    return 1 - numbers.null_count() / len(filled)


def _finite(number: float | None) -> float | None:
    return number if number is not None and abs(number) < float("inf") else None
