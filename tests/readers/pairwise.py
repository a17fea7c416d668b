"""Combinations that hold every possible pair of values of a few dimensions, by a greedy search (Cohen et al., AETG)."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, product

Values = dict[str, str]
IsPossible = Callable[[Values], bool]
_CANDIDATES = 5
_ATTEMPTS = 60
_Pair = tuple[tuple[str, str], tuple[str, str]]


def cover_pairs(dimensions: Mapping[str, Sequence[str]], is_possible: IsPossible, seed: int) -> list[Values]:
    """Return combinations in which each pair of values is that any possible combination has.

    `is_possible` also gets combinations that lack dimensions, and returns False only if no value of those helps.
    """
    random_order = random.Random(seed)  # noqa: S311 - the same combinations in each run
    missing = {pair: None for pair in _pairs_of(dimensions) if is_possible(dict(pair))}
    found: list[Values] = []
    while missing:
        first = next(iter(missing))
        candidates = [
            _complete(dict(first), dimensions, is_possible, missing, random_order) for _ in range(_CANDIDATES)
        ]
        complete = [candidate for candidate in candidates if candidate]
        if not complete:
            del missing[first]  # each of the pairs of this combination is possible, but not all of them at once
            continue
        best = max(complete, key=lambda values: sum(pair in missing for pair in _pairs(values, dimensions)))
        for pair in _pairs(best, dimensions):
            missing.pop(pair, None)
        found.append(best)
    return found


def all_combinations(dimensions: Mapping[str, Sequence[str]], is_possible: IsPossible) -> Iterator[Values]:
    """Yield every possible combination."""
    names = list(dimensions)

    def extend(values: Values, place: int) -> Iterator[Values]:
        if place == len(names):
            yield dict(values)
            return
        for value in dimensions[names[place]]:
            longer = {**values, names[place]: value}
            if is_possible(longer):
                yield from extend(longer, place + 1)

    yield from extend({}, 0)


def _complete(
    values: Values,
    dimensions: Mapping[str, Sequence[str]],
    is_possible: IsPossible,
    missing: Mapping[_Pair, None],
    random_order: random.Random,
) -> Values:
    """Return a combination with these values, empty if none is found; each further value adds as many pairs as it can.

    The first dimension is the one that restricts the others.
    """
    most_restrictive = next(iter(dimensions))
    for _ in range(_ATTEMPTS):
        chosen = dict(values)
        open_names = [name for name in dimensions if name not in chosen]
        random_order.shuffle(open_names)
        open_names.sort(key=lambda name: name != most_restrictive)
        for name in open_names:
            options = [value for value in dimensions[name] if is_possible({**chosen, name: value})]
            if not options:
                break
            random_order.shuffle(options)
            chosen[name] = max(options, key=lambda value: _gain(chosen, name, value, missing, dimensions))
        else:
            return {name: chosen[name] for name in dimensions}
    return {}


def _gain(
    chosen: Values, name: str, value: str, missing: Mapping[_Pair, None], dimensions: Mapping[str, Sequence[str]]
) -> int:
    order = {dimension: place for place, dimension in enumerate(dimensions)}
    new = (name, value)
    pairs = ((other, new) if order[other[0]] < order[name] else (new, other) for other in chosen.items())
    return sum(pair in missing for pair in pairs)


def _pairs(values: Values, dimensions: Mapping[str, Sequence[str]]) -> Iterator[_Pair]:
    yield from combinations([(name, values[name]) for name in dimensions], 2)


def _pairs_of(dimensions: Mapping[str, Sequence[str]]) -> Iterator[_Pair]:
    for (first, first_values), (second, second_values) in combinations(dimensions.items(), 2):
        for value, other in product(first_values, second_values):
            yield (first, value), (second, other)
