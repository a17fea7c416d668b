"""Where a source is, or would be, in the repository on GitHub."""

import re
from urllib.parse import quote

from oa_api.settings import Settings

_GITHUB = re.compile(r"https://github\.com/(?P<repository>[\w.-]+/[\w.-]+?)(?:\.git)?/?", re.ASCII)
_INLINE = "inline/"
# GitHub refuses longer URLs; the author pastes a longer definition.
_MAX_URL = 7_000


def edit_url(settings: Settings, source_name: str) -> str | None:
    """Return the URL of GitHub's editor for the file of a source; None without a name or a repository on GitHub."""
    return _link(settings, source_name, "edit", f"{quote(source_name)}.json")


def new_file_url(settings: Settings, source_name: str, text: str = "") -> str | None:
    """Return the URL of GitHub's form for a new file of a source, filled in with a text that is short enough.

    None without a name or a repository on GitHub.
    """
    folder, _, name = source_name.rpartition("/")
    link = _link(settings, source_name, "new", f"{quote(folder)}?filename={quote(name, safe='')}.json")
    filled_in = f"{link}&value={quote(text, safe='')}"
    return filled_in if link and text and len(filled_in) <= _MAX_URL else link


def is_in_repository(settings: Settings, url: str | None) -> bool:
    """Return whether a URL is that of a file in the repository on GitHub."""
    match = _GITHUB.fullmatch(settings.sources_repository)
    return bool(match and url and re.search(rf"[/:]{re.escape(match['repository'])}/", url))


def _link(settings: Settings, source_name: str, action: str, file: str) -> str | None:
    match = _GITHUB.fullmatch(settings.sources_repository)
    if match is None or not source_name or source_name.startswith(_INLINE):
        return None
    branch = quote(settings.sources_branch or "HEAD")
    return f"https://github.com/{match['repository']}/{action}/{branch}/sources/{file}"
