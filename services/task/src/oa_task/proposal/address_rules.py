"""The rules of an address layer, guessed from the names and the values of the columns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from oa_task.conversion.column_roles import ColumnRole
from oa_task.proposal.columns import ColumnFacts, score_roles
from oa_task.proposal.full_address import guess_locality, split_number_first, split_number_last
from oa_task.proposal.guesses import DefinitionGuess

_LEAST = 0.4
_MOSTLY = 0.6
_FEW = 3
_SOME_TYPES = 0.2
_BY_VALUES = 0.45
_CERTAIN = 0.9
_SIMPLE = (
    (ColumnRole.UNIT, "unit"),
    (ColumnRole.CITY, "city"),
    (ColumnRole.DISTRICT, "district"),
    (ColumnRole.REGION, "region"),
    (ColumnRole.POSTCODE, "postcode"),
    (ColumnRole.ID, "id"),
)
_BEFORE_NAME = (ColumnRole.PRE_MODIFIER, ColumnRole.PRE_DIRECTION, ColumnRole.PRE_TYPE, ColumnRole.PRE_SEPARATOR)
_AFTER_NAME = (ColumnRole.STREET_TYPE, ColumnRole.POST_DIRECTION, ColumnRole.POST_MODIFIER)


@dataclass(slots=True)
class ColumnChoice:
    """The columns that are left, each with its scores; a column has one role only."""

    scores: dict[str, dict[ColumnRole, float]]
    columns: dict[str, ColumnFacts]
    taken: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, columns: Iterable[ColumnFacts]) -> "ColumnChoice":
        """Return a choice among columns."""
        listed = {column.name: column for column in columns}
        return cls({name: score_roles(column) for name, column in listed.items()}, listed)

    def find(self, role: ColumnRole, least: float = _LEAST) -> tuple[ColumnFacts, float] | None:
        """Return the column with the highest score for a role; of equals, one for which it is the best role."""
        found = [
            (score, score >= max(scores.values()), name)
            for name, scores in self.scores.items()
            if name not in self.taken and role in scores and (score := scores[role]) >= least
        ]
        best = max(found, key=lambda item: item[:2], default=None)
        return (self.columns[best[2]], best[0]) if best else None

    def take(self, role: ColumnRole, least: float = _LEAST) -> tuple[ColumnFacts, float] | None:
        """Return the same, and keep the column from other roles."""
        found = self.find(role, least)
        if found:
            self.taken.add(found[0].name)
        return found


def guess_address_rules(columns: Sequence[ColumnFacts]) -> list[DefinitionGuess]:
    """Return a guess for each attribute of an address that the columns seem to have."""
    choice = ColumnChoice.of(columns)
    # A name such as `street_number` also reads as a street, so numbers come first.
    number = choice.take(ColumnRole.NUMBER) or _number_by_values(choice)
    street = guess_street(choice)
    guesses = [*_guess_number(choice, number), *street]
    if number is None or not street:
        guesses = _split_address(choice, guesses, columns)
    else:
        guesses = _without_number(guesses, choice)
    for role, attribute in _SIMPLE:
        if attribute not in {guess.key for guess in guesses} and (found := choice.take(role)):
            guesses.append(_simple_guess(choice, role, attribute, found))
    return [*guesses, *_guess_missing_locality(choice, guesses)]


def _guess_missing_locality(choice: ColumnChoice, guesses: Sequence[DefinitionGuess]) -> list[DefinitionGuess]:
    """Return the guesses at the locality in a full address that is divided, as far as no column has it."""
    number = next((guess.value for guess in guesses if guess.key == "number"), None)
    column = choice.columns.get(str(number.get("field"))) if isinstance(number, dict) else None
    known = {guess.key for guess in guesses}
    return [guess for guess in guess_locality(column) if guess.key not in known] if column else []


def by_name(key: str, column: ColumnFacts, score: float) -> DefinitionGuess:
    """Return the guess that an attribute is a column, for its name."""
    reason = "name of the column" + (" and its values" if column.rows else "")
    return DefinitionGuess(key, column.name, score, reason, column.example)


def guess_street(choice: ColumnChoice, key: str = "street") -> list[DefinitionGuess]:
    """Return the guess at the street: one column with the full name, or the columns that make it up."""
    full, plain = choice.find(ColumnRole.STREET_FULL), choice.find(ColumnRole.STREET)
    if full and (plain is None or full[1] >= plain[1] * _CERTAIN or _has_parts(choice)):
        choice.taken.add(full[0].name)
        return [by_name(key, *full)]
    if plain is None:
        return []
    choice.taken.add(plain[0].name)
    before = [found[0] for role in _BEFORE_NAME if (found := choice.take(role))]
    after = [found[0] for role in _AFTER_NAME if (found := choice.take(role))]
    # Some languages put the type first, as in Calle Mayor.
    leading = [column for column in after if column.share("leading_type") >= _SOME_TYPES]
    before, after = [*before, *leading], [column for column in after if column not in leading]
    if not before and not after:
        return [by_name(key, *plain)]
    parts = [*before, plain[0], *after]
    example = " ".join(part.example for part in parts if part.example) or None
    names = [part.name for part in parts]
    return [DefinitionGuess(key, names, plain[1] * _CERTAIN, "columns of a divided street name, joined", example)]


def _has_parts(choice: ColumnChoice) -> bool:
    return any(choice.find(role) for role in (*_BEFORE_NAME, *_AFTER_NAME))


def _guess_number(choice: ColumnChoice, number: tuple[ColumnFacts, float] | None) -> list[DefinitionGuess]:
    if number is None:
        return []
    prefix, suffix = choice.take(ColumnRole.NUMBER_PREFIX), choice.take(ColumnRole.NUMBER_SUFFIX)
    if prefix is None and suffix is None:
        reason = "" if ColumnRole.NUMBER in choice.scores[number[0].name] else "values that look like house numbers"
        guess = by_name("number", *number)
        return [DefinitionGuess("number", guess.value, guess.score, reason or guess.reason, guess.example)]
    parts = [found[0] for found in (prefix, number, suffix) if found]
    example = " ".join(part.example for part in parts if part.example) or None
    names = [part.name for part in parts]
    return [DefinitionGuess("number", names, number[1], "columns of a divided number, joined", example)]


def _number_by_values(choice: ColumnChoice) -> tuple[ColumnFacts, float] | None:
    """Return a column with a name of no known word whose values look like house numbers."""
    for name, column in choice.columns.items():
        is_number = column.share("house") >= _CERTAIN and column.share("integer") < 1.0
        if is_number and not choice.scores[name] and column.uniqueness < _CERTAIN:
            choice.taken.add(name)
            return column, _BY_VALUES
    return None


def _split_address(
    choice: ColumnChoice, guesses: list[DefinitionGuess], columns: Sequence[ColumnFacts]
) -> list[DefinitionGuess]:
    """Return the guesses with number and street of a column that has both, if there is one."""
    street = next((guess.value for guess in guesses if guess.key == "street"), None)
    found = choice.find(ColumnRole.ADDRESS)
    candidates = [found[0]] if found else []
    candidates += [column for column in columns if column.name == street]
    candidates += [column for column in columns if column.name not in choice.taken]
    for column in candidates:
        score = found[1] if found and column is found[0] else _BY_VALUES + 0.2
        if max(column.share("number_first"), column.share("number_last")) >= _CERTAIN and column.distinct >= _FEW:
            score = max(score, _CERTAIN)  # the values decide, whatever the name
        is_first = column.share("number_first") >= _MOSTLY or not column.rows
        if not is_first and column.share("number_last") < _MOSTLY:
            continue
        if not column.rows and ColumnRole.ADDRESS not in choice.scores[column.name]:
            continue
        choice.taken.add(column.name)
        kept = {guess.key: guess for guess in guesses}
        split = split_number_first(column, score) if is_first else split_number_last(column, score)
        return [*({guess.key: guess for guess in split} | kept).values()] if street != column.name else split
    return guesses


def _without_number(guesses: list[DefinitionGuess], choice: ColumnChoice) -> list[DefinitionGuess]:
    """Return the guesses with a street that leaves out the number that its column repeats."""
    result = []
    for guess in guesses:
        column = choice.columns.get(guess.value) if isinstance(guess.value, str) else None
        if guess.key == "street" and column and column.share("number_first") >= _MOSTLY:
            rule = {"function": "postfixed_street", "field": column.name}
            result.append(
                DefinitionGuess("street", rule, guess.score, f"{guess.reason}, without the number", guess.example)
            )
        else:
            result.append(guess)
    return result


def _simple_guess(
    choice: ColumnChoice, role: ColumnRole, attribute: str, found: tuple[ColumnFacts, float]
) -> DefinitionGuess:
    kind = choice.take(ColumnRole.UNIT_TYPE) if role is ColumnRole.UNIT else None
    guess = by_name(attribute, *found)
    if kind is None:
        return guess
    return DefinitionGuess(
        attribute, [kind[0].name, found[0].name], guess.score, "type and unit, joined", guess.example
    )
