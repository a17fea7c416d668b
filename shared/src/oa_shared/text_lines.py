"""Lines of a text as JSON lines, patches, editors and GitHub count them: they end with a line feed only.

`str.splitlines` also divides at U+2028, U+0085, form feeds and others, which texts of sources and logs may contain.
"""


def split_lines(text: str, *, keep_ends: bool = False) -> list[str]:
    """Return the lines of a text, without their ends unless `keep_ends`; a carriage return belongs to the end."""
    lines = text.split("\n")
    last = lines.pop()
    kept = [f"{line}\n" for line in lines] if keep_ends else [line.removesuffix("\r") for line in lines]
    return [*kept, last] if last else kept
