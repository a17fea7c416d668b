"""Where a sign-in may lead: a page of ours, whatever an address says."""

import re

MAX_LENGTH = 500
# No second slash and no backslash at the start, which browsers take for another host; nothing but plain characters.
_LOCAL = re.compile(r"/(?![/\\])[!-\[\]-~]*\Z")


def safe_redirect(text: str, *, otherwise: str = "/") -> str:
    """Return a path of this site as it is, and `otherwise` for anything else."""
    return text if len(text) <= MAX_LENGTH and _LOCAL.match(text) else otherwise
