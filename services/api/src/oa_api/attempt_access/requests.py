"""The parsed requests of containers."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptToken:
    """The token of an attempt, which its container has."""

    token: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestedInputs:
    """The token, and the keys of the inputs to sign."""

    token: str = field(repr=False)
    keys: list[str]
