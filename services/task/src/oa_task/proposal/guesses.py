"""A guess: a value of the proposed definition, how sure it is, and why."""

from dataclasses import dataclass

from oa_shared.json_types import JsonObject

_HIGH, _MEDIUM = 0.8, 0.6


@dataclass(frozen=True, slots=True)
class DefinitionGuess:
    """A guess at the member `key`: `score` is from 0 to 1, `example` a value of the data."""

    key: str
    value: object
    score: float
    reason: str
    example: str | None = None

    @property
    def confidence(self) -> str:
        """Return the confidence in a word."""
        return "high" if self.score >= _HIGH else "medium" if self.score >= _MEDIUM else "low"

    def as_json(self) -> JsonObject:
        """Return the guess as a JSON object."""
        return {
            "key": self.key,
            "value": self.value,
            "confidence": self.confidence,
            "reason": self.reason,
            "example": self.example,
        }
