"""A guess: a value of the proposed definition, how sure it is, and why."""

import json
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

    @property
    def value_text(self) -> str:
        """Return the value in short: a column, columns, or a function with its column."""
        if isinstance(self.value, str):
            return self.value
        if isinstance(self.value, list):
            return " + ".join(map(str, self.value))
        if isinstance(self.value, dict) and "function" in self.value:
            return _describe_rule(self.value)
        return json.dumps(self.value, ensure_ascii=False)

    def as_json(self) -> JsonObject:
        """Return the guess as a JSON object."""
        return {
            "key": self.key,
            "value": self.value,
            "confidence": self.confidence,
            "reason": self.reason,
            "example": self.example,
        }


def _describe_rule(rule: JsonObject) -> str:
    """Return a function with its column; of a chain, its steps."""
    steps = rule.get("functions")
    if isinstance(steps, list):
        return " → ".join(_describe_rule(step) for step in steps)
    return f"{rule['function']}({rule['field']})"
