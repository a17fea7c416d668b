"""Patterns of LIKE."""


def beginning(text: str) -> str:
    r"""Return the pattern for what begins with a text: `us/c%` for `us/c`, `\_` for `_`."""
    return "".join(f"\\{letter}" if letter in "\\%_" else letter for letter in text) + "%"
