"""Lines about collections, exports and the fabric."""

from collections.abc import Sequence
from typing import TypedDict

from oa_cli.answers import ProductFileLink
from oa_cli.client import Api
from oa_shared.value_text import plural


class BuildStart(TypedDict):
    """The answer to the request for a build: a job, or why it was skipped."""

    job: int | None
    skipped: str | None
    inputs: int
    features: int


def file_lines(api: Api, files: Sequence[ProductFileLink]) -> list[str]:
    """Return the URL and the size of each file."""
    return [f"{api.url}{file['url']}  {file['size_bytes']:,} bytes" for file in files]


def describe_build(started: BuildStart) -> str:
    """Return what a build will contain, or why it was skipped."""
    if started["skipped"]:
        return f"not built: {started['skipped']}"
    inputs = f"{plural(started['inputs'], 'dataset')} with {plural(started['features'], 'feature')}"
    return f"job {started['job']} builds it from {inputs}"
