"""The names under which browsers and `curl -OJ` save the files of a job: those of the dataset or product."""

import re

from oa_shared.media_types import MEDIA_TYPES

# The names of files in the bucket begin with what they are; those of saved files begin with what they contain.
_KIND = re.compile(r"(?:source|export|collection|fabric)(?=[.-])")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_MAX_PART = 60
_PICTURE = MEDIA_TYPES[".png"]


def download_name(file: str, *parts: str) -> str:
    """Return a name such as `us-ca-berkeley-addresses-city.geojson.gz`, from the parts of the name of a dataset.

    Files about it have names such as `…-manifest.json`. The name has ASCII letters, digits, dots, hyphens and
    underscores only, so that a header can quote it.
    """
    stem = "-".join(filter(None, map(_plain, parts)))
    kind = _KIND.match(file)
    return f"{stem}{_UNSAFE.sub('-', file[kind.end() :])}" if kind else f"{stem}-{_plain(file)}"


def content_disposition(media_type: str, save_as: str | None) -> str:
    """Return the header of a file that is saved under a name, by default that of its URL; browsers show pictures."""
    shown = "inline" if media_type == _PICTURE else "attachment"
    return f'{shown}; filename="{save_as}"' if save_as else shown


def _plain(text: str) -> str:
    return _UNSAFE.sub("-", text)[:_MAX_PART].strip("-._")
