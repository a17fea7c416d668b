"""The names under which browsers and `curl -OJ` save the files of a job: those of the dataset, not of the result."""

import re

_RESULTS = ("source.", "export.")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_MAX_PART = 60


def download_name(source_name: str, layer: str, name: str, file: str) -> str:
    """Return a name such as `us-ca-berkeley-addresses-city.geojson.gz`; of other files, such as `…-manifest.json`.

    It has ASCII letters, digits, dots, hyphens and underscores only, so that a header can quote it.
    """
    dataset = "-".join(filter(None, (_plain(part) for part in (source_name, layer, name))))
    result = next(filter(file.startswith, _RESULTS), None)
    return f"{dataset}.{file.removeprefix(result)}" if result else f"{dataset}-{_plain(file)}"


def _plain(text: str) -> str:
    return _UNSAFE.sub("-", text)[:_MAX_PART].strip("-._")
