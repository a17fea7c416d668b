"""Redirects after sign-in, to pages of this site only."""

import re

MAX_LENGTH = 500
# No second slash and no backslash at the start, which browsers take for another host; printable ASCII only.
_LOCAL = re.compile(r"/(?![/\\])[!-\[\]-~]*\Z")


def safe_redirect(text: str, *, otherwise: str = "/") -> str:
    """Return a path of this site unchanged, and `otherwise` for anything else."""
    return text if len(text) <= MAX_LENGTH and _LOCAL.match(text) else otherwise
