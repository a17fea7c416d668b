"""URLs at GitHub of the file of a source and of commits, from what runs and jobs state about their origin."""

import re
from urllib.parse import quote

_RAW_FILE = re.compile(
    r"https://(?:raw\.githubusercontent\.com/(?P<raw>[\w.-]+/[\w.-]+)/|github\.com/(?P<blob>[\w.-]+/[\w.-]+)/(?:blob|raw)/)"
    r"(?P<ref>[\w./-]+?)/(?P<path>sources/\S+)\Z"
)
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+\Z")
_SHA = re.compile(r"[0-9a-f]{7,64}\Z")


def file_url(source_url: str, github: object, source: str) -> str:
    """Return the URL of a source's file at GitHub, from its URL or the commit of its run; an empty text without."""
    if match := _RAW_FILE.match(source_url):
        return (
            f"https://github.com/{match['raw'] or match['blob']}/blob/{match['ref']}/{quote(match['path'], safe='/%')}"
        )
    repository, sha = _origin(github)
    return f"https://github.com/{repository}/blob/{sha}/sources/{quote(source)}.json" if repository and sha else ""


def commit_url(github: object) -> str:
    """Return the URL of the commit of a run at GitHub, or an empty text."""
    repository, sha = _origin(github)
    return f"https://github.com/{repository}/commit/{sha}" if repository and sha else ""


def _origin(github: object) -> tuple[str, str]:
    """Return the repository and the commit of a run; empty texts for values that are none, since clients state them."""
    values = github if isinstance(github, dict) else {}
    repository, sha = (str(values.get(name) or "") for name in ("repository", "sha"))
    return (repository, sha) if _REPOSITORY.match(repository) and _SHA.match(sha) else ("", "")
