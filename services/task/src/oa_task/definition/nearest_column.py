"""The column of the data whose name is nearest to one that a definition names and the data lacks."""

from collections.abc import Iterable
from difflib import SequenceMatcher

from oa_shared.accents import fold_accents

_LEAST_SIMILARITY = 0.6
_LEAST_SURE, _LEAST_LEAD = 0.8, 0.1
_CONTAINED_BONUS = 0.3
_LEAST_CONTAINED = 3
_MAX_NAME = 100  # comparison is quadratic in the length of a name, and a name comes from the data
_MAX_LISTED = 20


def nearest_column(column: str, available: Iterable[str]) -> str | None:
    """Return the most similar name, None if none is similar.

    The comparison ignores case, diacritics, underscores and other punctuation; a name that contains the other one is
    nearer than its letters say.
    """
    scored = [(_similarity(column, name), name) for name in available if name]
    best = max(scored, key=lambda pair: (pair[0], pair[1]), default=(0.0, ""))
    return best[1] if best[0] >= _LEAST_SIMILARITY else None


def sure_column(column: str, available: Iterable[str]) -> str | None:
    """Return the name that `column` almost certainly means: very similar, and clearly more than any other name."""
    scored = sorted(((_similarity(column, name), name) for name in set(available) if name), reverse=True)[:2]
    if not scored or scored[0][0] < _LEAST_SURE:
        return None
    return scored[0][1] if len(scored) == 1 or scored[0][0] - scored[1][0] >= _LEAST_LEAD else None


def name_with_nearest(column: str, available: Iterable[str]) -> str:
    """Return the name of a missing column with the nearest available one, or with all of them if none is near."""
    names = sorted(name for name in available if name)
    nearest = nearest_column(column, names)
    shown = repr(column[:_MAX_NAME])
    if nearest is not None:
        return f"{shown} (nearest: {nearest[:_MAX_NAME]!r})"
    return f"{shown} (none is near: the data has {_join_names(names)})" if names else shown


def _join_names(names: list[str]) -> str:
    more = f" and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
    return ", ".join(name[:_MAX_NAME] for name in names[:_MAX_LISTED]) + more


def _similarity(one: str, other: str) -> float:
    """Return 0 to 1.3 for names that differ, more for names that differ only in case and punctuation."""
    if one == other:
        return 3.0
    a, b = _letters(one), _letters(other)
    if not a or not b:
        return 0.0
    ratio = SequenceMatcher(None, a, b, autojunk=False).ratio()
    if a == b:
        # Names that come to the same letters differ by their own spelling.
        return 2.0 + SequenceMatcher(None, one[:_MAX_NAME], other[:_MAX_NAME], autojunk=False).ratio() / 2
    is_contained = min(len(a), len(b)) >= _LEAST_CONTAINED and (a in b or b in a)
    return ratio + (_CONTAINED_BONUS if is_contained else 0.0)


def _letters(name: str) -> str:
    """Return the letters and digits of a name without case and diacritics."""
    return "".join(character for character in fold_accents(name[:_MAX_NAME]).casefold() if character.isalnum())
