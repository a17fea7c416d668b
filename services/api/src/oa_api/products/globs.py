"""Globs over names of sources, as regular expressions of the database."""

import re

GLOB = r"(?!/)[\w.*?/-]{1,200}\Z"
_PART = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_WILD = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def glob_to_regex(glob: str) -> str:
    """Return a glob as a regular expression over full names.

    `**` matches any number of levels, `*` any text within one, `?` one character. A glob without them is a prefix: it
    matches the source of that name and all below it.
    """
    if not set(glob) & {"*", "?"}:
        return f"^{re.escape(glob.rstrip('/'))}(?:/.*)?$"
    return f"^{''.join(_WILD.get(part) or re.escape(part) for part in _PART.findall(glob))}$"
