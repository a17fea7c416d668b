"""Where a source is in the repository on GitHub."""

import re
from urllib.parse import quote

from oa_api.settings import Settings

_GITHUB = re.compile(r"https://github\.com/(?P<repository>[\w.-]+/[\w.-]+?)(?:\.git)?/?", re.ASCII)
_INLINE = "inline/"


def edit_url(settings: Settings, source_name: str) -> str | None:
    """Return the URL of GitHub's editor for the file of a source; None without a name or a repository on GitHub."""
    match = _GITHUB.fullmatch(settings.sources_repository)
    if match is None or not source_name or source_name.startswith(_INLINE):
        return None
    branch = quote(settings.sources_branch or "HEAD")
    return f"https://github.com/{match['repository']}/edit/{branch}/sources/{quote(source_name)}.json"
