"""Patterns for LIKE."""


def starts_with_pattern(text: str) -> str:
    r"""Return the pattern for values that start with a text: `us/c%` for `us/c`, `\_%` for `_`."""
    return _escape(text) + "%"


def contains_pattern(text: str) -> str:
    """Return the pattern for values that contain a text."""
    return f"%{_escape(text)}%"


def _escape(text: str) -> str:
    return "".join(f"\\{character}" if character in "\\%_" else character for character in text)
