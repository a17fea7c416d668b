"""Globs over names of sources: what people write, as a regular expression of the database."""

import re

GLOB = r"(?!/)[\w.*?/-]{1,200}\Z"
_PART = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_WILD = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def glob_to_regex(glob: str) -> str:
    """Return a glob as a regular expression over whole names.

    `**` stands for any number of levels, `*` for anything within one, `?` for one character. Without any of them
    it is a prefix: the source of that name and all below it.
    """
    if not set(glob) & {"*", "?"}:
        return f"^{re.escape(glob.rstrip('/'))}(?:/.*)?$"
    return f"^{''.join(_WILD.get(part) or re.escape(part) for part in _PART.findall(glob))}$"
